/* SPDX-License-Identifier: MIT */
#include "virt/emul/insn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/virt/emul/hex.h"

struct decode_case {
	enum insn_mode mode;
	const char *hex;
	const char *text; /* NULL: unknown */
};

#define M16 INSN_MODE_16
#define M32 INSN_MODE_32
#define M64 INSN_MODE_64

/*
 * Text: [lock ][rep ]OPERATION.SIZE[.SOURCE SIZE] DESTINATION, SOURCE. General
 * registers are rN, high bytes hN. Memory is [SEGMENT:BASE+INDEX*SCALE+OFFSET]
 * and its address size.
 */
/* clang-format off */
static const struct decode_case cases[] = {
	/* As the kernel reads and writes its local APIC, and MMCONFIG. */
	{ M64, "8b0425200ee0fe", "mov.4 r0, [ds:fffffffffee00e20]8" },
	{ M64, "893c25b0b05fff", "mov.4 [ds:ffffffffff5fb0b0]8, r7" },
	{ M64, "c7042580b05fff00000000", "mov.4 [ds:ffffffffff5fb080]8, 0" },
	{ M64, "87bf00d05fff", "xchg.4 [ds:r7+ffffffffff5fd000]8, r7" },
	{ M64, "8b05efbe0000", "mov.4 r0, [ds:rip+beef]8" },
	{ M64, "0fb60408", "mov.4.1 r0, [ds:r0+r1*1+0]8" },
	{ M64, "410fb700", "mov.4.2 r0, [ds:r8+0]8" },
	{ M64, "440fb700", "mov.4.2 r8, [ds:r0+0]8" },
	{ M64, "480fbe00", "movsx.8.1 r0, [ds:r0+0]8" },
	{ M64, "660fbe00", "movsx.2.1 r0, [ds:r0+0]8" },
	{ M64, "480fbf00", "movsx.8.2 r0, [ds:r0+0]8" },
	{ M64, "486300", "movsx.8.4 r0, [ds:r0+0]8" },
	{ M64, "6300", "movsx.4 r0, [ds:r0+0]8" },
	{ M32, "6300", NULL },
	{ M64, "488907", "mov.8 [ds:r7+0]8, r0" },
	{ M64, "668907", "mov.2 [ds:r7+0]8, r0" },
	{ M64, "66488907", "mov.8 [ds:r7+0]8, r0" },
	{ M64, "48668907", "mov.2 [ds:r7+0]8, r0" },
	{ M64, "4f8d04", NULL },
	{ M64, "4f8b04c1", "mov.8 r8, [ds:r9+r8*8+0]8" },
	{ M64, "428b04a0", "mov.4 r0, [ds:r0+r12*4+0]8" },
	{ M64, "8b0420", "mov.4 r0, [ds:r0+0]8" },
	{ M64, "418b0424", "mov.4 r0, [ds:r12+0]8" },
	{ M64, "8b0424", "mov.4 r0, [ss:r4+0]8" },
	{ M64, "8b4500", "mov.4 r0, [ss:r5+0]8" },
	{ M64, "418b4500", "mov.4 r0, [ds:r13+0]8" },
	{ M64, "8b442580", "mov.4 r0, [ss:r5+ffffffffffffff80]8" },
	{ M64, "8b8580000000", "mov.4 r0, [ss:r5+80]8" },
	{ M64, "678b00", "mov.4 r0, [ds:r0+0]4" },
	{ M64, "648b00", "mov.4 r0, [fs:r0+0]8" },
	{ M64, "652e8b00", "mov.4 r0, [gs:r0+0]8" },
	{ M64, "368b00", "mov.4 r0, [ds:r0+0]8" },
	{ M32, "368b00", "mov.4 r0, [ss:r0+0]4" },
	{ M32, "3e8b4500", "mov.4 r0, [ds:r5+0]4" },
	{ M32, "a120300080", "mov.4 r0, [ds:ffffffff80003020]4" },
	{ M16, "a12030", "mov.2 r0, [ds:3020]2" },
	{ M16, "66a12030", "mov.4 r0, [ds:3020]2" },
	{ M64, "a120300080ffffffff", "mov.4 r0, [ds:ffffffff80003020]8" },
	{ M64, "67a120300080", "mov.4 r0, [ds:ffffffff80003020]4" },
	{ M64, "48a38877665544332211", "mov.8 [ds:1122334455667788]8, r0" },
	{ M32, "a2785634f2", "mov.1 [ds:fffffffff2345678]4, r0" },
	/* Sizes and high bytes. */
	{ M32, "8827", "mov.1 [ds:r7+0]4, h0" },
	{ M64, "8827", "mov.1 [ds:r7+0]8, h0" },
	{ M64, "408827", "mov.1 [ds:r7+0]8, r4" },
	{ M64, "402e8827", "mov.1 [ds:r7+0]8, h0" },
	{ M64, "8a3f", "mov.1 h3, [ds:r7+0]8" },
	{ M32, "488b00", NULL }, /* DEC */
	{ M16, "8b07", "mov.2 r0, [ds:r3+0]2" },
	{ M16, "8b02", "mov.2 r0, [ss:r5+r6*1+0]2" },
	{ M16, "8b00", "mov.2 r0, [ds:r3+r6*1+0]2" },
	{ M16, "8b4e10", "mov.2 r1, [ss:r5+10]2" },
	{ M16, "8b0e1000", "mov.2 r1, [ds:10]2" },
	{ M16, "8b8f1080", "mov.2 r1, [ds:r3+ffffffffffff8010]2" },
	{ M16, "66678b0c24", "mov.4 r1, [ss:r4+0]4" },
	{ M16, "26c606003041", "mov.1 [es:3000]2, 41" },
	{ M16, "66c707ffffffff", "mov.4 [ds:r3+0]2, ffffffffffffffff" },
	{ M64, "48c707ffffffff", "mov.8 [ds:r7+0]8, ffffffffffffffff" },
	{ M64, "66c7073412", "mov.2 [ds:r7+0]8, 1234" },
	{ M64, "c605000000000a", "mov.1 [ds:rip+0]8, a" },
	/* Arithmetic. */
	{ M64, "0107", "add.4 [ds:r7+0]8, r0" },
	{ M64, "f00107", "lock add.4 [ds:r7+0]8, r0" },
	{ M64, "0807", "or.1 [ds:r7+0]8, r0" },
	{ M64, "1307", "adc.4 r0, [ds:r7+0]8" },
	{ M64, "1907", "sbb.4 [ds:r7+0]8, r0" },
	{ M64, "48230f", "and.8 r1, [ds:r7+0]8" },
	{ M64, "833f80", "cmp.4 [ds:r7+0]8, ffffffffffffff80" },
	{ M64, "813f80000000", "cmp.4 [ds:r7+0]8, 80" },
	{ M64, "66812f8000", "sub.2 [ds:r7+0]8, 80" },
	{ M64, "803f80", "cmp.1 [ds:r7+0]8, ffffffffffffff80" },
	{ M64, "f0838f0003000001", "lock or.4 [ds:r7+300]8, 1" },
	{ M64, "f70701000000", "test.4 [ds:r7+0]8, 1" },
	{ M64, "f60f01", "test.1 [ds:r7+0]8, 1" },
	{ M64, "8507", "test.4 [ds:r7+0]8, r0" },
	{ M64, "f727", NULL }, /* MUL */
	{ M64, "ff17", NULL }, /* CALL */
	{ M64, "0fba2f1f", "bts.4 [ds:r7+0]8, 1f" },
	{ M64, "0fba071f", NULL },
	{ M64, "8607", "xchg.1 [ds:r7+0]8, r0" },
	{ M64, "0fc307", "mov.4 [ds:r7+0]8, r0" },
	{ M64, "480fc307", "mov.8 [ds:r7+0]8, r0" },
	{ M64, "0fc3c7", NULL },
	/* Strings and ports. */
	{ M64, "a4", "movs.1 [ds]8" },
	{ M64, "f348a5", "rep movs.8 [ds]8" },
	{ M64, "f366a5", "rep movs.2 [ds]8" },
	{ M16, "f32667a5", "rep movs.2 [es]4" },
	{ M64, "f367aa", "rep stos.1 [ds]4" },
	{ M64, "65ac", "lods.1 [gs]8" },
	{ M64, "f36d", "rep ins.4 [ds]8" },
	{ M64, "f3486f", "rep outs.4 [ds]8" },
	{ M16, "6f", "outs.2 [ds]2" },
	/* Registers only, not for device memory, or not at all. */
	{ M64, "88e1", NULL },
	{ M64, "0fb6c4", NULL },
	{ M64, "f001c7", NULL },
	{ M64, "c70f00000000", NULL },
	{ M64, "2d00000080", NULL },
	{ M64, "f717", NULL },   /* NOT */
	{ M64, "ff07", NULL },   /* INC */
	{ M64, "ff37", NULL },   /* PUSH */
	{ M64, "8f07", NULL },   /* POP */
	{ M64, "0fa307", NULL }, /* BT by register */
	{ M64, "0fb107", NULL }, /* CMPXCHG */
	{ M64, "0fc107", NULL }, /* XADD */
	{ M64, "0fc70f", NULL }, /* CMPXCHG8B */
	{ M64, "f3a6", NULL },   /* CMPS */
	{ M64, "f2ae", NULL },   /* SCAS */
	{ M64, "e470", NULL },   /* IN: the exit tells all */
	{ M64, "90", NULL },
	{ M64, "c5f86f07", NULL },
	{ M64, "0f1007", NULL },
	{ M64, "62f17c481007", NULL },
	{ M64, "f0f0f0f0f0f0f0f0f0f0f0f0f0f001", NULL },
	{ M64, "66666666666666666666662e8b4500", "mov.2 r0, [ss:r5+0]8" },
	{ M64, "6666666666666666666666662e8b4500", NULL },
};
/* clang-format on */

static const char *const op_names[] = {
	[OP_ADD] = "add",   [OP_OR] = "or",     [OP_ADC] = "adc",
	[OP_SBB] = "sbb",   [OP_AND] = "and",   [OP_SUB] = "sub",
	[OP_XOR] = "xor",   [OP_CMP] = "cmp",   [OP_TEST] = "test",
	[OP_BT] = "bt",     [OP_BTS] = "bts",   [OP_BTR] = "btr",
	[OP_BTC] = "btc",   [OP_MOV] = "mov",   [OP_MOVSX] = "movsx",
	[OP_XCHG] = "xchg", [OP_MOVS] = "movs", [OP_STOS] = "stos",
	[OP_LODS] = "lods", [OP_INS] = "ins",   [OP_OUTS] = "outs",
};

static const char *const segment_names[] = {
	"es", "cs", "ss", "ds", "fs", "gs"
};

static char text[128];
static size_t text_length;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_length += (size_t)vsnprintf(
		text + text_length, sizeof(text) - text_length, format, args);
	va_end(args);
}

static void say_memory(const struct insn *i)
{
	say("[%s:", segment_names[i->segment]);
	if (i->is_rip_relative) {
		say("rip+");
	}
	if (i->base != INSN_NO_REG) {
		say("r%d+", i->base);
	}
	if (i->index != INSN_NO_REG) {
		say("r%d*%d+", i->index, 1 << i->shift);
	}
	say("%llx]%d", (unsigned long long)i->displacement, i->address_size);
}

static void say_other(const struct insn *i)
{
	if (i->has_immediate) {
		say("%llx", (unsigned long long)i->immediate);
	} else if (i->reg & INSN_HIGH) {
		say("h%d", i->reg & 3);
	} else {
		say("r%d", i->reg);
	}
}

static const char *describe(const struct insn *i)
{
	text_length = 0;
	say("%s%s%s.%d", i->is_locked ? "lock " : "",
	    i->is_repeated ? "rep " : "", op_names[i->op], i->size);
	if (i->memory_size != i->size) {
		say(".%d", i->memory_size);
	}
	say(" ");
	if (i->op >= OP_MOVS) {
		say("[%s]%d", segment_names[i->segment], i->address_size);
	} else if (i->is_load) {
		say_other(i);
		say(", ");
		say_memory(i);
	} else {
		say_memory(i);
		say(", ");
		say_other(i);
	}
	return text;
}

static void check(const struct decode_case *t, const uint8_t *bytes,
		  size_t count)
{
	struct insn i;
	unsigned int length = insn_decode(t->mode, bytes, count, &i);

	if (t->text == NULL) {
		if (length != 0) {
			fail_msg("%s: %u, not unknown", t->hex, length);
		}
		return;
	}
	if (length != count || i.length != count) {
		fail_msg("%s: length %u, not %zu", t->hex, length, count);
	}
	if (strcmp(describe(&i), t->text) != 0) {
		fail_msg("%s: %s, not %s", t->hex, text, t->text);
	}
}

static void test_decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t count;
		uint8_t *bytes = hex_bytes(cases[i].hex, &count);

		check(&cases[i], bytes, count);
		free(bytes);
	}
}

static void test_needs_all_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t count;
		uint8_t *bytes = hex_bytes(cases[i].hex, &count);

		for (size_t n = 0; n < count && cases[i].text; n++) {
			struct insn insn;

			assert_int_equal(
				insn_decode(cases[i].mode, bytes, n, &insn), 0);
		}
		free(bytes);
	}
}

static void test_ignores_what_follows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t padded[32];
		size_t count;
		uint8_t *bytes = hex_bytes(cases[i].hex, &count);
		struct insn insn;

		memset(padded, 0xf0, sizeof(padded));
		memcpy(padded, bytes, count);
		if (cases[i].text != NULL) {
			assert_int_equal(insn_decode(cases[i].mode, padded,
						     sizeof(padded), &insn),
					 count);
		}
		free(bytes);
	}
}

struct length_case {
	enum insn_mode mode;
	const char *hex;
	enum insn_intercept what;
	unsigned int length; /* 0: not that, or not all of it */
};

/* clang-format off */
static const struct length_case length_cases[] = {
	{ M64, "0fa2", INSN_CPUID, 2 },
	{ M16, "0fa290", INSN_CPUID, 2 },
	{ M64, "0f01d9", INSN_VMMCALL, 3 },
	{ M64, "0f01d9c3", INSN_VMMCALL, 3 },
	{ M64, "0f01c1", INSN_VMMCALL, 0 },
	{ M64, "f30f01d9", INSN_VMMCALL, 4 },
	{ M64, "480f01d9", INSN_VMMCALL, 4 },
	{ M32, "480f01d9", INSN_VMMCALL, 0 },
	{ M64, "66672e480fa2", INSN_CPUID, 6 },
	{ M64, "262e363e6465f2f366670fa2", INSN_CPUID, 12 },
	{ M64, "666666666666666666666666660fa2", INSN_CPUID, 15 },
	{ M64, "66666666666666666666666666660fa2", INSN_CPUID, 0 },
	{ M64, "66666666666666666666666666666666", INSN_CPUID, 0 },
	{ M64, "f4", INSN_HLT, 1 },
	{ M64, "f490909090", INSN_HLT, 1 },
	{ M64, "0f32", INSN_RDMSR, 2 },
	{ M64, "0f30", INSN_WRMSR, 2 },
	{ M64, "0f30", INSN_RDMSR, 0 },
	{ M64, "0f08", INSN_INVD, 2 },
	{ M64, "0f09", INSN_WBINVD, 2 },
	{ M64, "f30f09", INSN_WBINVD, 3 },
	{ M64, "", INSN_CPUID, 0 },
	{ M64, "0f", INSN_CPUID, 0 },
	{ M64, "66", INSN_CPUID, 0 },
	{ M64, "48", INSN_CPUID, 0 },
	{ M64, "0f01", INSN_VMMCALL, 0 },
	{ M64, "0f02", INSN_VMMCALL, 0 },
	{ M64, "0f22c0", INSN_MOV_TO_CR, 3 },
	{ M64, "0f2205", INSN_MOV_TO_CR, 3 },
	{ M64, "440f22c0", INSN_MOV_TO_CR, 4 },
	{ M32, "f00f22c1", INSN_MOV_TO_CR, 4 },
	{ M64, "0f20c0", INSN_MOV_TO_CR, 0 },
	{ M64, "0f22", INSN_MOV_TO_CR, 0 },
};

/* clang-format on */

/* Of all of it, of it with more behind it, and of less. */
static void test_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(length_cases); i++) {
		const struct length_case *t = &length_cases[i];
		size_t count;
		uint8_t *bytes = hex_bytes(t->hex, &count);

		for (size_t n = 0; n <= count; n++) {
			const unsigned int want = n < t->length ? 0 : t->length;
			unsigned int length;

			length = insn_length(t->mode, bytes, n, t->what);
			if (length != want) {
				fail_msg("%s: %u of %zu bytes, not %u", t->hex,
					 length, n, want);
			}
		}
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_needs_all_bytes),
		cmocka_unit_test(test_ignores_what_follows),
		cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
