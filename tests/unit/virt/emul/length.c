/* SPDX-License-Identifier: MIT */
#include "virt/emul/insn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/virt/emul/hex.h"

#define M16 INSN_MODE_16
#define M32 INSN_MODE_32
#define M64 INSN_MODE_64

struct length_case {
	enum insn_mode mode;
	const char *hex;
	enum insn_intercept what;
	int length;
};

/* clang-format off */
static const struct length_case cases[] = {
	{ M64, "0fa2", INSN_CPUID, 2 },
	{ M16, "0fa290", INSN_CPUID, 2 },
	{ M64, "0f01d9", INSN_VMMCALL, 3 },
	{ M64, "0f01d9c3", INSN_VMMCALL, 3 },
	{ M64, "0f01c1", INSN_VMCALL, 3 },
	{ M64, "0f01c1", INSN_VMMCALL, INSN_UNKNOWN },
	{ M64, "f30f01d9", INSN_VMMCALL, 4 },
	{ M64, "480f01d9", INSN_VMMCALL, 4 },
	{ M32, "480f01d9", INSN_VMMCALL, INSN_UNKNOWN },
	{ M64, "66672e480fa2", INSN_CPUID, 6 },
	{ M64, "48660fa2", INSN_CPUID, INSN_UNKNOWN },
	{ M64, "262e363e6465f2f366670fa2", INSN_CPUID, 12 },
	{ M64, "666666666666666666666666660fa2", INSN_CPUID, 15 },
	{ M64, "66666666666666666666666666660fa2", INSN_CPUID, INSN_UNKNOWN },
	{ M64, "66666666666666666666666666666666", INSN_CPUID, INSN_UNKNOWN },
	{ M64, "f4", INSN_HLT, 1 },
	{ M64, "f490909090", INSN_HLT, 1 },
	{ M64, "0f32", INSN_RDMSR, 2 },
	{ M64, "0f30", INSN_WRMSR, 2 },
	{ M64, "0f30", INSN_RDMSR, INSN_UNKNOWN },
	{ M64, "0f31", INSN_RDTSC, 2 },
	{ M64, "0f01f9", INSN_RDTSCP, 3 },
	{ M64, "0f33", INSN_RDPMC, 2 },
	{ M64, "0f08", INSN_INVD, 2 },
	{ M64, "0f09", INSN_WBINVD, 2 },
	{ M64, "f30f09", INSN_WBINVD, 3 },
	{ M64, "0f01d1", INSN_XSETBV, 3 },
	{ M64, "f390", INSN_PAUSE, 2 },
	{ M64, "f39000", INSN_PAUSE, 2 },
	{ M64, "90", INSN_PAUSE, INSN_UNKNOWN },
	{ M64, "f3", INSN_PAUSE, INSN_NEED_MORE },
	{ M64, "66f390", INSN_PAUSE, 3 },
	{ M64, "0f06", INSN_CLTS, 2 },
	{ M64, "0faa", INSN_RSM, 2 },
	{ M64, "0f01c8", INSN_MONITOR, 3 },
	{ M64, "0f01c9", INSN_MWAIT, 3 },
	{ M64, "0f01d8", INSN_VMRUN, 3 },
	{ M64, "0f01da", INSN_VMLOAD, 3 },
	{ M64, "0f01db", INSN_VMSAVE, 3 },
	{ M64, "0f01dc", INSN_STGI, 3 },
	{ M64, "0f01dd", INSN_CLGI, 3 },
	{ M64, "0f01de", INSN_SKINIT, 3 },
	{ M64, "0f01df", INSN_INVLPGA, 3 },
	{ M16, "cd10", INSN_INTN, 2 },
	{ M16, "cd", INSN_INTN, INSN_NEED_MORE },
	{ M64, "cc", INSN_INT3, 1 },
	{ M64, "f1", INSN_ICEBP, 1 },
	{ M32, "ce", INSN_INTO, 1 },
	{ M64, "48cf", INSN_IRET, 2 },
	{ M16, "66cf", INSN_IRET, 2 },
	{ M64, "9c", INSN_PUSHF, 1 },
	{ M64, "9d", INSN_POPF, 1 },
	/* Ports. */
	{ M64, "e480", INSN_IO, 2 },
	{ M64, "e780", INSN_IO, 2 },
	{ M64, "e7", INSN_IO, INSN_NEED_MORE },
	{ M64, "ec", INSN_IO, 1 },
	{ M64, "66ef", INSN_IO, 2 },
	{ M64, "f36c", INSN_IO, 2 },
	{ M64, "f3676f", INSN_IO, 3 },
	{ M64, "e8", INSN_IO, INSN_UNKNOWN },
	{ M64, "ec9090", INSN_IO, 1 },
	/* Control registers: always one ModRM byte. */
	{ M64, "0f20c0", INSN_MOV_CR, 3 },
	{ M64, "0f2205", INSN_MOV_CR, 3 },
	{ M64, "440f22c0", INSN_MOV_CR, 4 },
	{ M64, "0f21f8", INSN_MOV_DR, 3 },
	{ M64, "0f23f8", INSN_MOV_DR, 3 },
	{ M64, "0f23f8", INSN_MOV_CR, INSN_UNKNOWN },
	{ M64, "0f20", INSN_MOV_CR, INSN_NEED_MORE },
	/* Memory operands. */
	{ M64, "0f0138", INSN_INVLPG, 3 },
	{ M64, "0f01f8", INSN_INVLPG, INSN_UNKNOWN }, /* SWAPGS */
	{ M64, "0f013d00000000", INSN_INVLPG, 7 },
	{ M64, "0f013d", INSN_INVLPG, INSN_NEED_MORE },
	{ M64, "0f013c2500000000", INSN_INVLPG, 8 },
	{ M64, "0f013c24", INSN_INVLPG, 4 },
	{ M64, "0f013c", INSN_INVLPG, INSN_NEED_MORE },
	{ M64, "410f017c2410", INSN_INVLPG, 6 },
	{ M64, "0f01b810000000", INSN_INVLPG, 7 },
	{ M16, "0f013e0010", INSN_INVLPG, 5 },
	{ M16, "670f013d00100000", INSN_INVLPG, 8 },
	{ M32, "670f013e0010", INSN_INVLPG, 6 },
	{ M64, "670f013e", INSN_INVLPG, 4 },
	{ M16, "0f017f10", INSN_INVLPG, 4 },
	{ M16, "0f01bf1000", INSN_INVLPG, 5 },
	{ M64, "0f01f0", INSN_LMSW, 3 },
	{ M64, "0f01e0", INSN_SMSW, 3 },
	{ M64, "0f016500", INSN_SMSW, 4 },
	{ M16, "0f01160000", INSN_LGDT, 5 },
	{ M64, "0f011c25efbeadde", INSN_LIDT, 8 },
	{ M64, "0f0100", INSN_SGDT, 3 },
	{ M64, "0f0108", INSN_SIDT, 3 },
	{ M64, "0f0108", INSN_SGDT, INSN_UNKNOWN },
	{ M64, "0f00d0", INSN_LLDT, 3 },
	{ M64, "0f00d8", INSN_LTR, 3 },
	{ M64, "0f00c0", INSN_SLDT, 3 },
	{ M64, "0f0008", INSN_STR, 3 },
	{ M64, "660f388203", INSN_INVPCID, 5 },
	{ M64, "660f38", INSN_INVPCID, INSN_NEED_MORE },
	{ M64, "660f3882c3", INSN_INVPCID, INSN_UNKNOWN },
	/* The page ends inside. */
	{ M64, "", INSN_CPUID, INSN_NEED_MORE },
	{ M64, "0f", INSN_CPUID, INSN_NEED_MORE },
	{ M64, "66", INSN_CPUID, INSN_NEED_MORE },
	{ M64, "48", INSN_CPUID, INSN_NEED_MORE },
	{ M64, "0f01", INSN_VMMCALL, INSN_NEED_MORE },
	{ M64, "0f02", INSN_VMMCALL, INSN_UNKNOWN },
};

/* clang-format on */

static void test_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct length_case *t = &cases[i];
		size_t count;
		uint8_t *bytes = hex_bytes(t->hex, &count);
		int length = insn_length(t->mode, bytes, count, t->what);

		if (length != t->length) {
			fail_msg("%s: %d, not %d", t->hex, length, t->length);
		}
		free(bytes);
	}
}

/* More bytes never change an answer that was final. */
static void test_length_of_parts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct length_case *t = &cases[i];
		size_t count;
		uint8_t *bytes = hex_bytes(t->hex, &count);

		for (size_t n = 0; n < count && t->length > 0; n++) {
			int length = insn_length(t->mode, bytes, n, t->what);

			assert_int_equal(length, n < (size_t)t->length
							 ? INSN_NEED_MORE
							 : t->length);
		}
		free(bytes);
	}
}

static void check_control(const char *hex, int length, bool is_debug,
			  bool is_write, unsigned int index, unsigned int gpr)
{
	size_t count;
	uint8_t *bytes = hex_bytes(hex, &count);
	struct insn_control c;

	assert_int_equal(insn_control(M64, bytes, count, &c), length);
	assert_int_equal(c.is_debug, is_debug);
	assert_int_equal(c.is_write, is_write);
	assert_int_equal(c.index, index);
	assert_int_equal(c.gpr, gpr);
	free(bytes);
}

static void test_control(void **state)
{
	const uint8_t other[] = { 0x0f, 0x24, 0xc0 };
	struct insn_control c;

	(void)state;
	check_control("0f20c0", 3, false, false, 0, 0);
	check_control("0f22d8", 3, false, true, 3, 0);
	check_control("0f22e1", 3, false, true, 4, 1);
	check_control("440f22c3", 4, false, true, 8, 3);
	check_control("450f20c7", 4, false, false, 8, 15);
	check_control("f00f22c1", 4, false, true, 8, 1);
	check_control("0f21f8", 3, true, false, 7, 0);
	check_control("410f23ff", 4, true, true, 7, 15);
	assert_int_equal(insn_control(M64, other, 3, &c), INSN_UNKNOWN);
	assert_int_equal(insn_control(M64, other, 1, &c), INSN_NEED_MORE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_length_of_parts),
		cmocka_unit_test(test_control),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
