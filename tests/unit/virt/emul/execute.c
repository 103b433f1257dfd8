/* SPDX-License-Identifier: MIT */
#include "virt/emul/emul.h"

#include "unit/virt/emul/run.h"
#include "virt/emul/alu.h"

static void test_rip_wraps_in_its_mode(void **state)
{
	(void)state;
	start(M32, BASE);
	g.regs[EMUL_RIP] = 0xfffffffe;
	g.regs[EMUL_RBX] = BASE;
	assert_int_equal(run("8a03"), EMUL_DONE);
	assert_int_equal(g.regs[EMUL_RIP], 0);
}

static void test_push(void **state)
{
	(void)state;
	start(M64, BASE);
	g.regs[EMUL_RBX] = BASE;
	g.regs[EMUL_RSP] = BASE + 0x808;
	expect_done("ff33");
	assert_int_equal(g.regs[EMUL_RSP], BASE + 0x800);
	assert_int_equal(load(0x800, 8), 0x0706050403020100);

	/* The address is formed with the old stack pointer. */
	start(M64, BASE);
	g.regs[EMUL_RSP] = BASE + 0x810;
	expect_done("66ff3424");
	assert_int_equal(g.regs[EMUL_RSP], BASE + 0x80e);
	assert_int_equal(load(0x80e, 2), 0x1110);

	/* A 16-bit stack keeps the upper half of ESP. */
	start(M32, BASE);
	g.segments[SEG_SS].attr &= (uint16_t)~SEGMENT_DEFAULT_BIG;
	g.segments[SEG_SS].base = BASE;
	g.regs[EMUL_RSP] = 0x12340004;
	g.regs[EMUL_RBX] = BASE + 0x40;
	expect_done("ff33");
	assert_int_equal(g.regs[EMUL_RSP], 0x12340000);
	assert_int_equal(load(0, 4), 0x43424140);
}

static void test_pop(void **state)
{
	(void)state;
	start(M64, BASE);
	g.regs[EMUL_RBX] = BASE + 0x100;
	g.regs[EMUL_RSP] = BASE + 0x20;
	expect_done("8f03");
	assert_int_equal(g.regs[EMUL_RSP], BASE + 0x28);
	assert_int_equal(load(0x100, 8), 0x2726252423222120);

	/* The address is formed with the new stack pointer. */
	start(M64, BASE);
	g.regs[EMUL_RSP] = BASE + 0x20;
	expect_done("8f442410");
	assert_int_equal(g.regs[EMUL_RSP], BASE + 0x28);
	assert_int_equal(load(0x38, 8), 0x2726252423222120);

	start(M64, BASE);
	g.regs[EMUL_RSP] = BASE + 0x20;
	g.regs[EMUL_RBX] = 0;
	expect_fault("8f03", VECTOR_PF);
}

static void test_ports(void **state)
{
	(void)state;
	start(M64, BASE);
	g.regs[EMUL_RAX] = 0x1122334455667788;
	g.port_value = 0xaabbccdd;
	expect_done("e470");
	assert_int_equal(g.port, 0x70);
	assert_int_equal(g.port_size, 1);
	assert_int_equal(g.regs[EMUL_RAX], 0x11223344556677dd);

	start(M64, BASE);
	g.regs[EMUL_RAX] = 0x1122334455667788;
	g.regs[EMUL_RDX] = 0x10cf8;
	expect_done("ef");
	assert_int_equal(g.port, 0xcf8);
	assert_int_equal(g.port_value, 0x55667788);
	assert_int_equal(g.writes, 1);

	start(M64, BASE);
	expect_done("e5ff");
	assert_int_equal(g.port, 0xff);

	start(M64, BASE);
	g.is_slow = true;
	g.regs[EMUL_RAX] = UINT64_MAX;
	g.port_value = 0x12345678;
	expect_done("ed");
	assert_int_equal(g.regs[EMUL_RAX], 0x12345678);
	assert_int_equal(g.reads, 1);
}

/* A slow device is reached once for each access, whatever the retries. */
static void test_retry(void **state)
{
	(void)state;
	start(M64, BASE);
	g.is_slow = true;
	g.regs[EMUL_RBX] = BASE;
	g.regs[EMUL_RAX] = 1;
	expect_done("f00103"); /* lock add [rbx], eax */
	assert_int_equal(g.reads, 1);
	assert_int_equal(g.writes, 1);
	assert_int_equal(load(0, 4), 0x03020101);

	start(M64, BASE);
	g.is_slow = true;
	g.regs[EMUL_RSI] = BASE;
	g.regs[EMUL_RDI] = BASE + 0x100;
	g.regs[EMUL_RCX] = 100;
	expect_done("f3a4");
	assert_int_equal(g.reads, 100);
	assert_int_equal(g.writes, 100);
	assert_memory_equal(memory, memory + 0x100, 100);
}

static void test_nothing_happens_before_the_answer(void **state)
{
	const uint8_t bytes[] = { 0x0f, 0xc1, 0x03 }; /* xadd [rbx], eax */
	uint64_t before[18];
	struct insn i;

	(void)state;
	start(M64, BASE);
	g.is_slow = true;
	g.regs[EMUL_RBX] = BASE;
	memcpy(before, g.regs, sizeof(before));
	assert_int_equal(insn_decode(M64, bytes, 3, &i), 3);
	assert_int_equal(guest_step(&g, &i), EMUL_RETRY);
	assert_memory_equal(before, g.regs, sizeof(before));
	assert_int_equal(guest_step(&g, &i), EMUL_RETRY);
	assert_memory_equal(before, g.regs, sizeof(before));
	assert_int_equal(guest_step(&g, &i), EMUL_DONE);
	assert_int_equal(g.regs[EMUL_RAX], 0x03020100);
}

/* Another vCPU writes between the read and the write of a locked one. */
static void test_locked_against_others(void **state)
{
	(void)state;
	start(M64, BASE);
	g.memory_changes = true;
	g.regs[EMUL_RBX] = BASE;
	expect_done("f0ff03"); /* lock inc [rbx] */
	assert_int_equal(load(0, 4), 0x03020102);
	assert_int_equal(g.reads, 2);

	start(M64, BASE);
	g.memory_changes = true;
	g.regs[EMUL_RBX] = BASE;
	expect_done("8703"); /* xchg is locked by itself */
	assert_int_equal(g.regs[EMUL_RAX], 0x03020101);
}

/* A failed comparison writes nothing: the location may be a device's. */
static void test_cmpxchg_without_match(void **state)
{
	(void)state;
	start(M64, BASE);
	g.regs[EMUL_RBX] = BASE;
	expect_done("f00fb10b");
	assert_int_equal(g.writes, 0);
	assert_int_equal(g.regs[EMUL_RAX], 0x03020100);
	assert_false(g.regs[EMUL_RFLAGS] & FLAG_ZF);
}

static void test_mode_of_code(void **state)
{
	const uint16_t both = SEGMENT_LONG | SEGMENT_DEFAULT_BIG;

	(void)state;
	assert_int_equal(emul_mode(SEGMENT_LONG, true), INSN_MODE_64);
	assert_int_equal(emul_mode(SEGMENT_LONG, false), INSN_MODE_16);
	assert_int_equal(emul_mode(SEGMENT_DEFAULT_BIG, true), INSN_MODE_32);
	assert_int_equal(emul_mode(both, false), INSN_MODE_32);
	assert_int_equal(emul_mode(0, true), INSN_MODE_16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rip_wraps_in_its_mode),
		cmocka_unit_test(test_push),
		cmocka_unit_test(test_pop),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_nothing_happens_before_the_answer),
		cmocka_unit_test(test_locked_against_others),
		cmocka_unit_test(test_cmpxchg_without_match),
		cmocka_unit_test(test_mode_of_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
