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
	{ M64, "0fb60408", "movzx.4.1 r0, [ds:r0+r1*1+0]8" },
	{ M64, "410fb700", "movzx.4.2 r0, [ds:r8+0]8" },
	{ M64, "440fb700", "movzx.4.2 r8, [ds:r0+0]8" },
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
	{ M64, "88e1", "mov.1 r1, h0" },
	{ M64, "4488e1", "mov.1 r1, r12" },
	{ M64, "0fb6c4", "movzx.4.1 r0, h0" },
	{ M64, "400fb6c4", "movzx.4.1 r0, r4" },
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
	{ M64, "c70f00000000", NULL },
	/* Arithmetic. */
	{ M64, "0107", "add.4 [ds:r7+0]8, r0" },
	{ M64, "f00107", "lock add.4 [ds:r7+0]8, r0" },
	{ M64, "f00307", NULL },
	{ M64, "f001c7", NULL },
	{ M64, "0807", "or.1 [ds:r7+0]8, r0" },
	{ M64, "1307", "adc.4 r0, [ds:r7+0]8" },
	{ M64, "1907", "sbb.4 [ds:r7+0]8, r0" },
	{ M64, "48230f", "and.8 r1, [ds:r7+0]8" },
	{ M64, "2d00000080", "sub.4 r0, ffffffff80000000" },
	{ M64, "3407", "xor.1 r0, 7" },
	{ M64, "833f80", "cmp.4 [ds:r7+0]8, ffffffffffffff80" },
	{ M64, "813f80000000", "cmp.4 [ds:r7+0]8, 80" },
	{ M64, "66812f8000", "sub.2 [ds:r7+0]8, 80" },
	{ M64, "803f80", "cmp.1 [ds:r7+0]8, ffffffffffffff80" },
	{ M64, "f0838f0003000001", "lock or.4 [ds:r7+300]8, 1" },
	{ M64, "f083bf0003000001", NULL },
	{ M64, "f70701000000", "test.4 [ds:r7+0]8, 1" },
	{ M64, "f60f01", "test.1 [ds:r7+0]8, 1" },
	{ M64, "8507", "test.4 [ds:r7+0]8, r0" },
	{ M64, "a801", "test.1 r0, 1" },
	{ M64, "48a901000080", "test.8 r0, ffffffff80000001" },
	{ M64, "f717", "not.4 [ds:r7+0]8" },
	{ M64, "f61f", "neg.1 [ds:r7+0]8" },
	{ M64, "f727", NULL }, /* MUL */
	{ M64, "ff07", "inc.4 [ds:r7+0]8" },
	{ M64, "f0fe0f", "lock dec.1 [ds:r7+0]8" },
	{ M64, "fe17", NULL },
	{ M64, "ff17", NULL }, /* CALL */
	{ M64, "ff37", "push.8 [ds:r7+0]8" },
	{ M64, "66ff37", "push.2 [ds:r7+0]8" },
	{ M64, "fff0", NULL },
	{ M32, "ff37", "push.4 [ds:r7+0]4" },
	{ M16, "ff37", "push.2 [ds:r3+0]2" },
	{ M64, "8f07", "pop.8 [ds:r7+0]8" },
	{ M64, "8f0424", "pop.8 [ss:r4+0]8" },
	{ M64, "8f0f", NULL },
	{ M64, "0fa307", "bt.4 [ds:r7+0]8, r0" },
	{ M64, "f0480fab07", "lock bts.8 [ds:r7+0]8, r0" },
	{ M64, "f00fa307", NULL },
	{ M64, "0fb307", "btr.4 [ds:r7+0]8, r0" },
	{ M64, "0fbb07", "btc.4 [ds:r7+0]8, r0" },
	{ M64, "0fba2f1f", "bts.4 [ds:r7+0]8, 1f" },
	{ M64, "0fba071f", NULL },
	{ M64, "0fb007", "cmpxchg.1 [ds:r7+0]8, r0" },
	{ M64, "f00fb10f", "lock cmpxchg.4 [ds:r7+0]8, r1" },
	{ M64, "f00fc10f", "lock xadd.4 [ds:r7+0]8, r1" },
	{ M64, "8607", "xchg.1 [ds:r7+0]8, r0" },
	{ M64, "f00fc70f", "lock cmpxchg8b.8 [ds:r7+0]8" },
	{ M64, "480fc70f", NULL }, /* CMPXCHG16B */
	{ M64, "0fc7f0", NULL },   /* RDRAND */
	{ M64, "0fc307", "mov.4 [ds:r7+0]8, r0" },
	{ M64, "480fc307", "mov.8 [ds:r7+0]8, r0" },
	{ M64, "660fc307", NULL },
	{ M64, "0fc3c7", NULL },
	/* Strings and ports. */
	{ M64, "a4", "movs.1 [ds]8" },
	{ M64, "f348a5", "repe movs.8 [ds]8" },
	{ M64, "f366a5", "repe movs.2 [ds]8" },
	{ M16, "f32667a5", "repe movs.2 [es]4" },
	{ M64, "f367aa", "repe stos.1 [ds]4" },
	{ M64, "65ac", "lods.1 [gs]8" },
	{ M64, "f2ae", "repne scas.1 [ds]8" },
	{ M64, "f3a6", "repe cmps.1 [ds]8" },
	{ M64, "f36d", "repe ins.4 [ds]8" },
	{ M64, "f3486f", "repe outs.4 [ds]8" },
	{ M16, "6f", "outs.2 [ds]2" },
	{ M64, "e470", "in.1 70" },
	{ M64, "66ef", "out.2 r2" },
	{ M64, "48ed", "in.4 r2" },
	/* Not for device memory, or not at all. */
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
	[OP_ADD] = "add",
	[OP_OR] = "or",
	[OP_ADC] = "adc",
	[OP_SBB] = "sbb",
	[OP_AND] = "and",
	[OP_SUB] = "sub",
	[OP_XOR] = "xor",
	[OP_CMP] = "cmp",
	[OP_TEST] = "test",
	[OP_NOT] = "not",
	[OP_NEG] = "neg",
	[OP_INC] = "inc",
	[OP_DEC] = "dec",
	[OP_MOV] = "mov",
	[OP_MOVZX] = "movzx",
	[OP_MOVSX] = "movsx",
	[OP_XCHG] = "xchg",
	[OP_XADD] = "xadd",
	[OP_BT] = "bt",
	[OP_BTS] = "bts",
	[OP_BTR] = "btr",
	[OP_BTC] = "btc",
	[OP_PUSH] = "push",
	[OP_POP] = "pop",
	[OP_IN] = "in",
	[OP_OUT] = "out",
	[OP_MOVS] = "movs",
	[OP_CMPS] = "cmps",
	[OP_STOS] = "stos",
	[OP_LODS] = "lods",
	[OP_SCAS] = "scas",
	[OP_INS] = "ins",
	[OP_OUTS] = "outs",
	[OP_CMPXCHG] = "cmpxchg",
	[OP_CMPXCHG8B] = "cmpxchg8b",
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
	const struct insn_memory *m = &i->memory;

	say("[%s:", segment_names[m->segment]);
	if (m->is_rip_relative) {
		say("rip+");
	}
	if (m->base != INSN_NO_REG) {
		say("r%d+", m->base);
	}
	if (m->index != INSN_NO_REG) {
		say("r%d*%d+", m->index, 1 << m->shift);
	}
	say("%llx]%d", (unsigned long long)m->displacement, i->address_size);
}

static void say_operand(const struct insn *i, struct insn_operand o)
{
	switch (o.kind) {
	case OPERAND_NONE:
		break;
	case OPERAND_REG:
		say("r%d", o.reg);
		break;
	case OPERAND_HIGH:
		say("h%d", o.reg);
		break;
	case OPERAND_IMM:
		say("%llx", (unsigned long long)i->immediate);
		break;
	case OPERAND_MEM:
		say_memory(i);
		break;
	}
}

static const char *describe(const struct insn *i)
{
	static const char *const reps[] = { "", "repe ", "repne " };
	bool is_string = i->op >= OP_MOVS;

	text_length = 0;
	say("%s%s%s.%d", i->is_locked ? "lock " : "", reps[i->rep],
	    op_names[i->op], i->size);
	if (i->source_size != i->size) {
		say(".%d", i->source_size);
	}
	say(" ");
	if (is_string) {
		say("[%s]%d", segment_names[i->memory.segment],
		    i->address_size);
		return text;
	}
	say_operand(i, i->dst);
	if (i->src.kind != OPERAND_NONE) {
		say("%s", i->dst.kind != OPERAND_NONE ? ", " : "");
		say_operand(i, i->src);
	}
	return text;
}

static void check(const struct decode_case *t, const uint8_t *bytes,
		  size_t count)
{
	struct insn i;
	int length = insn_decode(t->mode, bytes, count, &i);

	if (t->text == NULL) {
		if (length != INSN_UNKNOWN) {
			fail_msg("%s: %d, not unknown", t->hex, length);
		}
		return;
	}
	if (length != (int)count || i.length != count) {
		fail_msg("%s: length %d, not %zu", t->hex, length, count);
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
			uint8_t *part = malloc(n);
			struct insn insn;

			memcpy(part, bytes, n);
			assert_int_equal(
				insn_decode(cases[i].mode, part, n, &insn),
				INSN_NEED_MORE);
			free(part);
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
					 (int)count);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
