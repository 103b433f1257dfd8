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

/* Nothing has happened when the CPU is to do it by itself. */
static void test_locked(void **state)
{
	const char *const locked[] = { "f00103", "8703" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(locked); i++) {
		size_t count;
		uint8_t *bytes = hex_bytes(locked[i], &count);
		struct insn insn;

		start(M64, BASE);
		g.regs[EMUL_RBX] = BASE;
		g.regs[EMUL_RAX] = 1;
		g.is_left_to_cpu = true;
		assert_int_equal(insn_decode(M64, bytes, count, &insn), count);
		assert_int_equal(guest_step(&g, &insn), EMUL_AGAIN);
		assert_int_equal(g.reads + g.writes, 0);
		assert_int_equal(g.regs[EMUL_RIP], 0x1000);
		free(bytes);
	}
	g.is_left_to_cpu = false;
	expect_done("8703");
	assert_int_equal(g.regs[EMUL_RAX], 0x03020100);
	assert_int_equal(load(0, 4), 1);
}

/* A location that may be a device's is reached no more than needed. */
static void test_accesses(void **state)
{
	static const struct {
		const char *hex;
		unsigned int reads, writes;
	} cases[] = {
		{ "8b03", 1, 0 },     { "8903", 0, 1 },     { "c60301", 0, 1 },
		{ "3903", 1, 0 },     { "8503", 1, 0 },     { "0103", 1, 1 },
		{ "0fba2301", 1, 0 }, { "0fba2b01", 1, 1 }, { "8703", 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start(M64, BASE);
		g.regs[EMUL_RBX] = BASE;
		expect_done(cases[i].hex);
		assert_int_equal(g.reads, cases[i].reads);
		assert_int_equal(g.writes, cases[i].writes);
	}
}

static void test_rip_relative(void **state)
{
	(void)state;
	start(M64, 0x1000);
	g.regs[EMUL_RAX] = UINT64_MAX;
	expect_done("8b05f0000000"); /* mov eax, [rip + f0] */
	assert_int_equal(g.regs[EMUL_RAX], 0xf9f8f7f6);

	/* The immediate counts too. */
	start(M64, 0x1000);
	expect_done("c705f6ffffff44332211");
	assert_int_equal(load(0, 4), 0x11223344);

	/* 32-bit addresses wrap. */
	start(M64, 0x1000);
	g.regs[EMUL_RIP] = 0xfffffff0;
	assert_int_equal(run("678a0509100000"), EMUL_DONE);
	assert_int_equal(g.regs[EMUL_RAX], 0);
	assert_int_equal(g.regs[EMUL_RIP], 0xfffffff7);
}

static void test_segment_base(void **state)
{
	(void)state;
	start(M64, BASE);
	g.segments[SEG_GS].base = BASE;
	g.segments[SEG_DS].base = 0x5555; /* not in 64-bit code */
	g.regs[EMUL_RBX] = 0x20;
	expect_done("658a03");
	assert_int_equal(g.regs[EMUL_RAX], 0x20);

	start(M64, BASE);
	g.segments[SEG_DS].base = 0x5555;
	g.regs[EMUL_RBX] = BASE + 0x20;
	expect_done("8a03");
	assert_int_equal(g.regs[EMUL_RAX], 0x20);

	/* Below, bases always count and the sum has 32 bits. */
	start(M32, BASE);
	g.segments[SEG_SS].base = BASE + 0x100;
	g.regs[5] = 0xffffffe0;
	expect_done("8a4500"); /* mov al, [ebp] */
	assert_int_equal(g.regs[EMUL_RAX], 0xe0);
}

static void test_16_bit_addresses(void **state)
{
	(void)state;
	start(M16, BASE);
	g.segments[SEG_DS].base = BASE;
	g.segments[SEG_DS].limit = 0xffff;
	g.regs[EMUL_RBX] = 0xabcdfff0;
	g.regs[EMUL_RSI] = 0x30;
	expect_done("8a00"); /* mov al, [bx + si] */
	assert_int_equal(g.regs[EMUL_RAX], 0x20);
}

static void test_limits(void **state)
{
	(void)state;
	start(M32, BASE);
	g.segments[SEG_DS].base = BASE;
	g.segments[SEG_DS].limit = 0xff;
	g.regs[EMUL_RBX] = 0xfc;
	expect_done("8b03");
	start(M32, BASE);
	g.segments[SEG_DS].base = BASE;
	g.segments[SEG_DS].limit = 0xff;
	g.regs[EMUL_RBX] = 0xfd;
	expect_fault("8b03", VECTOR_GP);
	g.regs[EMUL_RBX] = 0xffffffff;
	expect_fault("8b03", VECTOR_GP);
	g.segments[SEG_SS].limit = 0xff;
	g.regs[5] = 0x100;
	expect_fault("8b4500", VECTOR_SS);

	/* The same limits hold in real mode. */
	start(M16, BASE);
	g.segments[SEG_DS].limit = 0xffff;
	g.regs[EMUL_RBX] = 0xffff;
	expect_fault("8b07", VECTOR_GP);
}

static void test_expand_down(void **state)
{
	(void)state;
	start(M32, BASE);
	g.segments[SEG_DS].base = BASE - 0x1000;
	g.segments[SEG_DS].limit = 0xfff;
	g.segments[SEG_DS].attr |= SEGMENT_EXPAND_DOWN;
	g.regs[EMUL_RBX] = 0x1000;
	expect_done("8b03");
	start(M32, BASE);
	g.segments[SEG_DS].limit = 0xfff;
	g.segments[SEG_DS].attr |= SEGMENT_EXPAND_DOWN;
	g.regs[EMUL_RBX] = 0xfff;
	expect_fault("8b03", VECTOR_GP);
	g.segments[SEG_DS].attr &= (uint16_t)~SEGMENT_DEFAULT_BIG;
	g.regs[EMUL_RBX] = 0xfffd;
	expect_fault("8b03", VECTOR_GP);
}

static void test_segment_rights(void **state)
{
	(void)state;
	start(M32, BASE);
	g.regs[EMUL_RBX] = BASE;
	g.segments[SEG_DS].attr = SEGMENT_PRESENT;
	expect_fault("8903", VECTOR_GP);
	expect_done("3b03"); /* cmp eax, [ebx] */
	start(M32, BASE);
	g.regs[EMUL_RBX] = BASE;
	g.segments[SEG_DS].attr = 0;
	expect_fault("8b03", VECTOR_GP);
	/* Code is never written, and read only if it says so. */
	g.segments[SEG_CS].attr = SEGMENT_PRESENT | SEGMENT_CODE;
	expect_fault("2e8b03", VECTOR_GP);
	g.segments[SEG_CS].attr |= SEGMENT_WRITABLE;
	expect_fault("2e8903", VECTOR_GP);
	assert_int_equal(run("2e8b03"), EMUL_DONE);

	start(M16, BASE); /* Real mode does not care. */
	g.segments[SEG_CS].attr = SEGMENT_PRESENT | SEGMENT_CODE;
	g.segments[SEG_CS].base = BASE;
	expect_done("2e8907");
}

static void test_canonical(void **state)
{
	(void)state;
	start(M64, BASE);
	g.regs[EMUL_RBX] = BIT(47);
	expect_fault("8b03", VECTOR_GP);
	g.regs[EMUL_RBX] = BIT(47) - 3;
	expect_fault("8b03", VECTOR_GP);
	g.regs[EMUL_RSP] = BIT(47);
	expect_fault("8b0424", VECTOR_SS);
}

static void test_page_fault(void **state)
{
	(void)state;
	start(M64, BASE);
	expect_fault("8b03", VECTOR_PF);
	assert_int_equal(g.emul.fault.error, 0);
	expect_fault("0103", VECTOR_PF); /* a read that is for writing */
	assert_int_equal(g.emul.fault.error, 2);
	expect_fault("8703", VECTOR_PF);
	expect_fault("3903", VECTOR_PF); /* cmp [rbx], eax */
	assert_int_equal(g.emul.fault.error, 0);
}

static void test_port_strings(void **state)
{
	(void)state;
	start(M32, BASE);
	g.regs[EMUL_RDX] = 0x101f0;
	g.regs[EMUL_RDI] = BASE;
	g.regs[EMUL_RCX] = 3;
	g.port_value = 0xbeef;
	expect_done("f3666d");
	assert_int_equal(load(0, 8), 0x0706beefbeefbeef);
	assert_int_equal(g.port, 0x1f0);
	assert_int_equal(g.reads, 3);
	assert_int_equal(g.regs[EMUL_RDI], BASE + 6);
	assert_int_equal(g.regs[EMUL_RCX], 0);

	start(M32, BASE);
	g.regs[EMUL_RSI] = BASE + 7;
	g.regs[EMUL_RDX] = 0xe9;
	expect_done("6e");
	assert_int_equal(g.port_value, 7);
	assert_int_equal(g.port_size, 1);
	assert_int_equal(g.regs[EMUL_RSI], BASE + 8);
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
	g.segments[SEG_ES].limit = UINT32_MAX;
	g.regs[EMUL_RDI] = BASE - 1;
	expect_fault("6c", VECTOR_PF);
	expect_fault("a4", VECTOR_PF);
	assert_int_equal(g.reads, 0);
}

static void test_rounds_are_bounded(void **state)
{
	const uint8_t bytes[INSN_BYTES] = { 0xf3, 0xaa };
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
		cmocka_unit_test(test_locked),
		cmocka_unit_test(test_accesses),
		cmocka_unit_test(test_rip_relative),
		cmocka_unit_test(test_segment_base),
		cmocka_unit_test(test_16_bit_addresses),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_expand_down),
		cmocka_unit_test(test_segment_rights),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_page_fault),
		cmocka_unit_test(test_port_strings),
		cmocka_unit_test(test_destination_is_checked_first),
		cmocka_unit_test(test_rounds_are_bounded),
		cmocka_unit_test(test_no_rounds),
		cmocka_unit_test(test_fault_between_rounds),
		cmocka_unit_test(test_string_segments),
		cmocka_unit_test(test_mode_of_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
