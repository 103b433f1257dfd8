/* SPDX-License-Identifier: MIT */
#include "virt/emul/string_insn.h"

#include "unit/virt/emul/run.h"

static void test_port_strings(void **state)
{
	(void)state;
	for (int is_slow = 0; is_slow < 2; is_slow++) {
		start(M32, BASE);
		g.is_slow = is_slow;
		g.regs[EMUL_RDX] = 0x1f0;
		g.regs[EMUL_RDI] = BASE;
		g.regs[EMUL_RCX] = 3;
		g.port_value = 0xbeef;
		expect_done("f3666d");
		assert_int_equal(load(0, 8), 0x0706beefbeefbeef);
		assert_int_equal(g.reads, 3);
		assert_int_equal(g.regs[EMUL_RDI], BASE + 6);
		assert_int_equal(g.regs[EMUL_RCX], 0);

		start(M32, BASE);
		g.is_slow = is_slow;
		g.regs[EMUL_RSI] = BASE + 7;
		g.regs[EMUL_RDX] = 0xe9;
		expect_done("6e");
		assert_int_equal(g.port_value, 7);
		assert_int_equal(g.port_size, 1);
		assert_int_equal(g.regs[EMUL_RSI], BASE + 8);
	}
}

/* Neither a port nor a device is read for a destination that is not there. */
static void test_destination_is_checked_first(void **state)
{
	(void)state;
	start(M32, BASE);
	g.segments[SEG_ES].limit = 0;
	g.regs[EMUL_RDI] = BASE;
	g.regs[EMUL_RSI] = BASE;
	expect_fault("6c", VECTOR_GP);
	expect_fault("a4", VECTOR_GP);
	assert_int_equal(g.reads, 0);
}

static void test_rounds_are_bounded(void **state)
{
	const uint8_t bytes[] = { 0xf3, 0xaa };
	struct insn i;

	(void)state;
	start(M64, BASE);
	g.regs[EMUL_RDI] = BASE;
	g.regs[EMUL_RCX] = EMUL_ROUNDS + 2;
	assert_int_equal(insn_decode(M64, bytes, 2, &i), 2);
	assert_int_equal(guest_step(&g, &i), EMUL_AGAIN);
	assert_int_equal(g.regs[EMUL_RCX], 2);
	assert_int_equal(g.regs[EMUL_RDI], BASE + EMUL_ROUNDS);
	assert_int_equal(g.regs[EMUL_RIP], 0x1000);
	assert_int_equal(guest_step(&g, &i), EMUL_DONE);
	assert_int_equal(g.regs[EMUL_RCX], 0);
	assert_int_equal(g.regs[EMUL_RIP], 0x1002);
}

static void test_no_rounds(void **state)
{
	(void)state;
	start(M64, BASE);
	g.regs[EMUL_RDI] = 1; /* never touched */
	expect_done("f3aa");
	assert_int_equal(g.regs[EMUL_RDI], 1);

	/* Only CX counts with 16-bit addresses. */
	start(M16, BASE);
	g.regs[EMUL_RCX] = 0x10000;
	expect_done("f3aa");
	assert_int_equal(g.regs[EMUL_RCX], 0x10000);
}

/* What was done before the fault stays done. */
static void test_fault_between_rounds(void **state)
{
	(void)state;
	start(M64, BASE);
	g.regs[EMUL_RSI] = BASE;
	g.regs[EMUL_RDI] = BASE + sizeof(memory) - 8;
	g.regs[EMUL_RCX] = 5;
	assert_int_equal(run("f3a5"), EMUL_FAULT);
	assert_int_equal(g.emul.fault.cr2, BASE + sizeof(memory));
	assert_int_equal(g.emul.fault.error, 2);
	assert_int_equal(g.regs[EMUL_RCX], 3);
	assert_int_equal(g.regs[EMUL_RSI], BASE + 8);
	assert_int_equal(g.regs[EMUL_RDI], BASE + sizeof(memory));
	assert_int_equal(g.regs[EMUL_RIP], 0x1000);
}

static void test_string_segments(void **state)
{
	(void)state;
	start(M16, BASE);
	g.segments[SEG_FS].base = BASE + 0x100;
	g.segments[SEG_ES].base = BASE + 0x200;
	g.regs[EMUL_RSI] = 0x55550010;
	g.regs[EMUL_RDI] = 0x66660020;
	expect_done("64a4");
	assert_int_equal(memory[0x220], 0x10);
	assert_int_equal(g.regs[EMUL_RSI], 0x55550011);
	assert_int_equal(g.regs[EMUL_RDI], 0x66660021);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_port_strings),
		cmocka_unit_test(test_destination_is_checked_first),
		cmocka_unit_test(test_rounds_are_bounded),
		cmocka_unit_test(test_no_rounds),
		cmocka_unit_test(test_fault_between_rounds),
		cmocka_unit_test(test_string_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
