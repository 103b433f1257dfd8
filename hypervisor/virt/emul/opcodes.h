/* SPDX-License-Identifier: MIT */
/* Inside the decoder: the operation and operands of an opcode byte. */
#pragma once

#include "virt/emul/insn.h"

enum form {
	FORM_NONE,
	/* With a ModRM byte, up to FORM_RM. */
	FORM_RM_REG,
	FORM_REG_RM,
	FORM_RM_IMM,  /* immediate of the operand size, at most 4 bytes */
	FORM_RM_IMM8, /* one byte, sign-extended */
	FORM_RM,      /* no second operand */
	FORM_ACC_IMM,
	FORM_ACC_MOFFS,
	FORM_MOFFS_ACC,
	FORM_STRING,
	FORM_PORT_IMM,
	FORM_PORT_DX,
};

enum width {
	WIDTH_BYTE,  /* 1 */
	WIDTH_FULL,  /* by mode, operand-size prefix and REX.W */
	WIDTH_STACK, /* the same, but 8 by default in 64-bit code */
	WIDTH_IO,    /* the same, but never 8 */
	WIDTH_QUAD,  /* 8 */
};

#define OPCODE_MEMORY BIT(0) /* the register form is something else */
#define OPCODE_BARE   BIT(1) /* with 66, F2 or F3 it is something else */

struct opcode {
	uint8_t op;
	uint8_t form;
	uint8_t width;
	uint8_t source_size; /* of MOVZX and MOVSX, else 0 */
	uint8_t group;       /* or 0: ModRM.reg selects the operation */
	uint8_t flags;
};

/* By opcode byte, and by the one after 0F. OP_NONE in what is not covered. */
extern const struct opcode opcode_one_byte[256];
extern const struct opcode opcode_two_byte[256];

static inline bool opcode_has_modrm(const struct opcode *row)
{
	return row->form >= FORM_RM_REG && row->form <= FORM_RM;
}

/* A row that has a group, with the operation ModRM.reg selects in it. */
struct opcode opcode_in_group(const struct opcode *row, unsigned int reg);
