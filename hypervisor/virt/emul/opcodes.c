/* SPDX-License-Identifier: MIT */
/*
 * The opcode tables: what operating systems use on device memory and ports,
 * and of each such instruction also the register forms. AMD APM 3 appendix A.
 */
#include "virt/emul/opcodes.h"

enum group {
	GROUP_NONE,
	GROUP_1,  /* 80 81 83 */
	GROUP_1A, /* 8F */
	GROUP_3,  /* F6 F7 */
	GROUP_4,  /* FE */
	GROUP_5,  /* FF */
	GROUP_8,  /* 0F BA */
	GROUP_9,  /* 0F C7 */
	GROUP_11, /* C6 C7 */
};

/* clang-format off */
#define ROW(o, f, w) { .op = (o), .form = (f), .width = (w) }
#define EXTEND(o, size) \
	{ .op = (o), .form = FORM_REG_RM, .width = WIDTH_FULL, \
	  .source_size = (size) }
#define GROUP(g, f, w) { .form = (f), .width = (w), .group = (g) }
#define SPECIAL(o, g, f, w, how) \
	{ .op = (o), .form = (f), .width = (w), .group = (g), .flags = (how) }

/* A byte form and behind it the other sizes. */
#define PAIR(code, op, form) \
	[(code)] = ROW(op, form, WIDTH_BYTE), \
	[(code) + 1] = ROW(op, form, WIDTH_FULL)
#define GROUP_PAIR(code, group, form) \
	[(code)] = GROUP(group, form, WIDTH_BYTE), \
	[(code) + 1] = GROUP(group, form, WIDTH_FULL)
#define IO_PAIR(code, op, form) \
	[(code)] = ROW(op, form, WIDTH_BYTE), \
	[(code) + 1] = ROW(op, form, WIDTH_IO)
#define ALU(code, op) \
	PAIR(code, op, FORM_RM_REG), \
	PAIR((code) + 2, op, FORM_REG_RM), \
	PAIR((code) + 4, op, FORM_ACC_IMM)

const struct opcode opcode_one_byte[256] = {
	ALU(0x00, OP_ADD),
	ALU(0x08, OP_OR),
	ALU(0x10, OP_ADC),
	ALU(0x18, OP_SBB),
	ALU(0x20, OP_AND),
	ALU(0x28, OP_SUB),
	ALU(0x30, OP_XOR),
	ALU(0x38, OP_CMP),
	[0x63] = EXTEND(OP_MOVSX, 4), /* 64-bit code */
	IO_PAIR(0x6c, OP_INS, FORM_STRING),
	IO_PAIR(0x6e, OP_OUTS, FORM_STRING),
	GROUP_PAIR(0x80, GROUP_1, FORM_RM_IMM),
	[0x83] = GROUP(GROUP_1, FORM_RM_IMM8, WIDTH_FULL),
	PAIR(0x84, OP_TEST, FORM_RM_REG),
	PAIR(0x86, OP_XCHG, FORM_RM_REG),
	PAIR(0x88, OP_MOV, FORM_RM_REG),
	PAIR(0x8a, OP_MOV, FORM_REG_RM),
	[0x8f] = SPECIAL(OP_NONE, GROUP_1A, FORM_RM, WIDTH_STACK,
			 OPCODE_MEMORY),
	PAIR(0xa0, OP_MOV, FORM_ACC_MOFFS),
	PAIR(0xa2, OP_MOV, FORM_MOFFS_ACC),
	PAIR(0xa4, OP_MOVS, FORM_STRING),
	PAIR(0xa6, OP_CMPS, FORM_STRING),
	PAIR(0xa8, OP_TEST, FORM_ACC_IMM),
	PAIR(0xaa, OP_STOS, FORM_STRING),
	PAIR(0xac, OP_LODS, FORM_STRING),
	PAIR(0xae, OP_SCAS, FORM_STRING),
	GROUP_PAIR(0xc6, GROUP_11, FORM_RM_IMM),
	IO_PAIR(0xe4, OP_IN, FORM_PORT_IMM),
	IO_PAIR(0xe6, OP_OUT, FORM_PORT_IMM),
	IO_PAIR(0xec, OP_IN, FORM_PORT_DX),
	IO_PAIR(0xee, OP_OUT, FORM_PORT_DX),
	GROUP_PAIR(0xf6, GROUP_3, FORM_RM),
	[0xfe] = GROUP(GROUP_4, FORM_RM, WIDTH_BYTE),
	[0xff] = GROUP(GROUP_5, FORM_RM, WIDTH_FULL),
};

const struct opcode opcode_two_byte[256] = {
	[0xa3] = ROW(OP_BT, FORM_RM_REG, WIDTH_FULL),
	[0xab] = ROW(OP_BTS, FORM_RM_REG, WIDTH_FULL),
	PAIR(0xb0, OP_CMPXCHG, FORM_RM_REG),
	[0xb3] = ROW(OP_BTR, FORM_RM_REG, WIDTH_FULL),
	[0xb6] = EXTEND(OP_MOVZX, 1),
	[0xb7] = EXTEND(OP_MOVZX, 2),
	[0xba] = GROUP(GROUP_8, FORM_RM_IMM8, WIDTH_FULL),
	[0xbb] = ROW(OP_BTC, FORM_RM_REG, WIDTH_FULL),
	[0xbe] = EXTEND(OP_MOVSX, 1),
	[0xbf] = EXTEND(OP_MOVSX, 2),
	PAIR(0xc0, OP_XADD, FORM_RM_REG),
	/* MOVNTI */
	[0xc3] = SPECIAL(OP_MOV, GROUP_NONE, FORM_RM_REG, WIDTH_FULL,
			 OPCODE_MEMORY | OPCODE_BARE),
	[0xc7] = SPECIAL(OP_NONE, GROUP_9, FORM_RM, WIDTH_QUAD,
			 OPCODE_MEMORY | OPCODE_BARE),
};

/* By ModRM.reg. */
static const uint8_t groups[][8] = {
	[GROUP_1] = { OP_ADD, OP_OR, OP_ADC, OP_SBB, OP_AND, OP_SUB, OP_XOR,
		      OP_CMP },
	[GROUP_1A] = { OP_POP },
	[GROUP_3] = { OP_TEST, OP_TEST, OP_NOT, OP_NEG },
	[GROUP_4] = { OP_INC, OP_DEC },
	[GROUP_5] = { OP_INC, OP_DEC, [6] = OP_PUSH },
	[GROUP_8] = { [4] = OP_BT, OP_BTS, OP_BTR, OP_BTC },
	[GROUP_9] = { [1] = OP_CMPXCHG8B },
	[GROUP_11] = { OP_MOV },
};

/* clang-format on */

struct opcode opcode_in_group(const struct opcode *row, unsigned int reg)
{
	struct opcode out = *row;

	out.op = groups[row->group][reg];
	if (out.op == OP_TEST) {
		/* Alone in its group with an immediate. */
		out.form = FORM_RM_IMM;
	} else if (out.op == OP_PUSH) {
		out.width = WIDTH_STACK;
		out.flags = OPCODE_MEMORY;
	}
	return out;
}
