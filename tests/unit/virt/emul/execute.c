/* SPDX-License-Identifier: MIT */
#include "virt/emul/emul.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/virt/emul/guest.h"
#include "unit/virt/emul/hex.h"
#include "virt/emul/alu.h"

#define M16       INSN_MODE_16
#define M32       INSN_MODE_32
#define M64       INSN_MODE_64

#define VECTOR_SS 12
#define VECTOR_GP 13
#define VECTOR_PF 14

#define BASE      0x10000u

static uint8_t memory[0x1000];
static struct guest g;

/* A guest whose memory counts 00 01 02 ... from `base` on. */
static void start(enum insn_mode mode, uint64_t base)
{
	for (size_t i = 0; i < sizeof(memory); i++) {
		memory[i] = (uint8_t)i;
	}
	guest_init(&g, mode, memory, base, sizeof(memory));
	g.regs[EMUL_RIP] = 0x1000;
}

static enum emul_result run(const char *hex)
{
	size_t count;
	uint8_t *bytes = hex_bytes(hex, &count);
	enum emul_result result = guest_run(&g, bytes, count);

	free(bytes);
	return result;
}

static void expect_done(const char *hex)
{
	assert_int_equal(run(hex), EMUL_DONE);
	assert_int_equal(g.regs[EMUL_RIP], 0x1000 + strlen(hex) / 2);
}

static void expect_fault(const char *hex, unsigned int vector)
{
	uint64_t before[18];

	memcpy(before, g.regs, sizeof(before));
	assert_int_equal(run(hex), EMUL_FAULT);
	assert_int_equal(g.emul.fault.vector, vector);
	assert_true(g.emul.fault.has_error);
	assert_memory_equal(before, g.regs, sizeof(before));
}

static uint64_t load(size_t at, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, memory + at, size);
	return value;
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

static void test_rip_wraps_in_its_mode(void **state)
{
	(void)state;
	start(M32, BASE);
	g.regs[EMUL_RIP] = 0xfffffffe;
	g.regs[EMUL_RBX] = BASE;
	assert_int_equal(run("8a03"), EMUL_DONE);
	assert_int_equal(g.regs[EMUL_RIP], 0);
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
		cmocka_unit_test(test_rip_relative),
		cmocka_unit_test(test_rip_wraps_in_its_mode),
		cmocka_unit_test(test_segment_base),
		cmocka_unit_test(test_16_bit_addresses),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_expand_down),
		cmocka_unit_test(test_segment_rights),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_page_fault),
		cmocka_unit_test(test_push),
		cmocka_unit_test(test_pop),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_port_strings),
		cmocka_unit_test(test_destination_is_checked_first),
		cmocka_unit_test(test_rounds_are_bounded),
		cmocka_unit_test(test_no_rounds),
		cmocka_unit_test(test_fault_between_rounds),
		cmocka_unit_test(test_string_segments),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_nothing_happens_before_the_answer),
		cmocka_unit_test(test_locked_against_others),
		cmocka_unit_test(test_cmpxchg_without_match),
		cmocka_unit_test(test_mode_of_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
