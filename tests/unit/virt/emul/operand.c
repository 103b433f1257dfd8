/* SPDX-License-Identifier: MIT */
#include "virt/emul/operand.h"

#include "unit/virt/emul/run.h"

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
	g.emul.linear_bits = 57;
	g.regs[EMUL_RBX] = BIT(47);
	expect_fault("8b03", VECTOR_PF);
	assert_int_equal(g.emul.fault.cr2, BIT(47));
}

static void test_page_fault(void **state)
{
	(void)state;
	start(M64, BASE);
	expect_fault("8b03", VECTOR_PF);
	assert_int_equal(g.emul.fault.error, 0);
	expect_fault("0103", VECTOR_PF); /* a read that is for writing */
	assert_int_equal(g.emul.fault.error, 2);
	expect_fault("f00fc103", VECTOR_PF);
	expect_fault("3903", VECTOR_PF); /* cmp [rbx], eax */
	assert_int_equal(g.emul.fault.error, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rip_relative),
		cmocka_unit_test(test_segment_base),
		cmocka_unit_test(test_16_bit_addresses),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_expand_down),
		cmocka_unit_test(test_segment_rights),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_page_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
