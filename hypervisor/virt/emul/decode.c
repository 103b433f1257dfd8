/* SPDX-License-Identifier: MIT */
/*
 * Bytes to struct insn: prefixes, opcode, ModRM, displacement, immediate.
 * AMD APM 3 chapter 1.
 *
 * A missing byte reads as 0 and is noticed once, at the end.
 */
#include "virt/emul/insn.h"
#include "virt/emul/opcodes.h"

/* What LOCK may stand before, if its destination is memory: APM 3 1.2.5. */
#define MAY_LOCK                                                               \
	(BIT(OP_ADD) | BIT(OP_OR) | BIT(OP_ADC) | BIT(OP_SBB) | BIT(OP_AND) |  \
	 BIT(OP_SUB) | BIT(OP_XOR) | BIT(OP_NOT) | BIT(OP_NEG) | BIT(OP_INC) | \
	 BIT(OP_DEC) | BIT(OP_XCHG) | BIT(OP_XADD) | BIT(OP_CMPXCHG) |         \
	 BIT(OP_CMPXCHG8B) | BIT(OP_BTS) | BIT(OP_BTR) | BIT(OP_BTC))

#define REG_SP 4
#define REG_BP 5

#define REX_W  8
#define REX_R  4
#define REX_X  2
#define REX_B  1

struct cursor {
	const uint8_t *bytes;
	size_t count;
	size_t at; /* past count once a byte was missing */
	enum insn_mode mode;
	bool has_66;
	bool has_67;
	bool has_rex;
	bool has_segment; /* an override that is not ignored */
	uint8_t rex;
	uint8_t modrm;
};

static uint8_t take(struct cursor *c)
{
	size_t at = c->at++;

	return at < c->count ? c->bytes[at] : 0;
}

/* Little-endian and sign-extended. */
static uint64_t take_signed(struct cursor *c, unsigned int size)
{
	uint64_t value = 0;
	unsigned int unused = 64 - 8 * size;
	size_t at = c->at;

	c->at += size;
	if (c->at > c->count) {
		return 0;
	}
	for (unsigned int i = 0; i < size; i++) {
		value |= (uint64_t)c->bytes[at + i] << 8 * i;
	}
	return (uint64_t)((int64_t)(value << unused) >> unused);
}

static void override_segment(struct cursor *c, struct insn *i,
			     enum insn_segment segment)
{
	/* APM 3 1.2.4: 64-bit code ignores all but FS and GS. */
	if (c->mode != INSN_MODE_64 || segment >= SEG_FS) {
		i->memory.segment = segment;
		c->has_segment = true;
	}
}

/* Takes `byte` if it is a legacy prefix. */
static bool take_prefix(struct cursor *c, struct insn *i, uint8_t byte)
{
	switch (byte) {
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
		override_segment(c, i, (enum insn_segment)(byte >> 3 & 3));
		return true;
	case 0x64:
	case 0x65:
		override_segment(c, i, (enum insn_segment)(byte & 7));
		return true;
	case 0x66:
		c->has_66 = true;
		return true;
	case 0x67:
		c->has_67 = true;
		return true;
	case 0xf0:
		i->is_locked = true;
		return true;
	case 0xf2:
		i->rep = REP_NOT_EQUAL;
		return true;
	case 0xf3:
		i->rep = REP_EQUAL;
		return true;
	default:
		return false;
	}
}

/* Takes all prefixes; returns the first byte of the opcode. */
static uint8_t take_prefixes(struct cursor *c, struct insn *i)
{
	uint8_t byte = take(c);

	while (c->at <= c->count) {
		if (c->mode == INSN_MODE_64 && (byte & 0xf0) == 0x40) {
			c->has_rex = true;
			c->rex = byte & 0xf;
		} else if (take_prefix(c, i, byte)) {
			/* A REX that is not last has no effect. */
			c->has_rex = false;
			c->rex = 0;
		} else {
			break;
		}
		byte = take(c);
	}
	return byte;
}

static uint8_t address_size(const struct cursor *c)
{
	switch (c->mode) {
	case INSN_MODE_16:
		return c->has_67 ? 4 : 2;
	case INSN_MODE_32:
		return c->has_67 ? 2 : 4;
	case INSN_MODE_64:
		break;
	}
	return c->has_67 ? 4 : 8;
}

static uint8_t operand_size(const struct cursor *c, enum width width)
{
	uint8_t size = (c->mode == INSN_MODE_16) == c->has_66 ? 4 : 2;

	switch (width) {
	case WIDTH_BYTE:
		return 1;
	case WIDTH_QUAD:
		return 8;
	case WIDTH_IO:
		return size;
	case WIDTH_STACK:
		if (c->mode == INSN_MODE_64 && size == 4) {
			return 8;
		}
		break;
	case WIDTH_FULL:
		break;
	}
	return c->rex & REX_W ? 8 : size;
}

static struct insn_operand reg_operand(const struct cursor *c, unsigned int reg,
				       unsigned int size)
{
	if (size == 1 && !c->has_rex && reg >= 4) {
		return (struct insn_operand){ OPERAND_HIGH,
					      (uint8_t)(reg - 4) };
	}
	return (struct insn_operand){ OPERAND_REG, (uint8_t)reg };
}

static unsigned int modrm_reg(const struct cursor *c)
{
	return (c->modrm >> 3 & 7u) | (c->rex & REX_R) << 1;
}

static void take_memory_16(struct cursor *c, struct insn_memory *m)
{
	/* BX+SI BX+DI BP+SI BP+DI SI DI BP BX; APM 3 table A-33. */
	static const uint8_t bases[] = { 3, 3, 5, 5, 6, 7, 5, 3 };
	static const uint8_t indexes[] = { 6, 7, 6, 7 };
	unsigned int mod = c->modrm >> 6;
	unsigned int rm = c->modrm & 7;

	if (mod == 0 && rm == 6) {
		m->displacement = take_signed(c, 2);
		return;
	}
	m->base = bases[rm];
	if (rm < ARRAY_SIZE(indexes)) {
		m->index = indexes[rm];
	}
	if (mod != 0) {
		m->displacement = take_signed(c, mod);
	}
}

static void take_memory_32(struct cursor *c, struct insn_memory *m)
{
	unsigned int mod = c->modrm >> 6;
	unsigned int rm = c->modrm & 7;
	bool has_base = true;

	if (rm == 4) {
		uint8_t sib = take(c);
		unsigned int index = (sib >> 3 & 7u) | (c->rex & REX_X) << 2;

		rm = sib & 7;
		if (index != 4) {
			m->index = (uint8_t)index;
			m->shift = sib >> 6;
		}
		has_base = mod != 0 || rm != 5;
	} else if (mod == 0 && rm == 5) {
		has_base = false;
		m->is_rip_relative = c->mode == INSN_MODE_64;
	}
	if (has_base) {
		m->base = (uint8_t)(rm | (c->rex & REX_B) << 3);
	}
	if (mod == 1) {
		m->displacement = take_signed(c, 1);
	} else if (mod == 2 || !has_base) {
		m->displacement = take_signed(c, 4);
	}
}

static struct insn_operand take_rm(struct cursor *c, struct insn *i,
				   unsigned int size)
{
	unsigned int reg = (c->modrm & 7u) | (c->rex & REX_B) << 3;

	if (c->modrm >> 6 == 3) {
		return reg_operand(c, reg, size);
	}
	if (i->address_size == 2) {
		take_memory_16(c, &i->memory);
	} else {
		take_memory_32(c, &i->memory);
	}
	if (!c->has_segment &&
	    (i->memory.base == REG_SP || i->memory.base == REG_BP)) {
		i->memory.segment = SEG_SS;
	}
	return (struct insn_operand){ OPERAND_MEM, 0 };
}

static struct insn_operand take_immediate(struct cursor *c, struct insn *i,
					  unsigned int size)
{
	i->immediate = take_signed(c, size < 4 ? size : 4);
	return (struct insn_operand){ OPERAND_IMM, 0 };
}

static struct insn_operand take_moffs(struct cursor *c, struct insn *i)
{
	i->memory.displacement = take_signed(c, i->address_size);
	return (struct insn_operand){ OPERAND_MEM, 0 };
}

static void take_operands(struct cursor *c, struct insn *i, enum form form)
{
	const struct insn_operand accumulator = { OPERAND_REG, 0 };
	const struct insn_operand dx = { OPERAND_REG, 2 };

	switch (form) {
	case FORM_RM_REG:
		i->dst = take_rm(c, i, i->size);
		i->src = reg_operand(c, modrm_reg(c), i->size);
		break;
	case FORM_REG_RM:
		i->dst = reg_operand(c, modrm_reg(c), i->size);
		i->src = take_rm(c, i, i->source_size);
		break;
	case FORM_RM_IMM:
		i->dst = take_rm(c, i, i->size);
		i->src = take_immediate(c, i, i->size);
		break;
	case FORM_RM_IMM8:
		i->dst = take_rm(c, i, i->size);
		i->src = take_immediate(c, i, 1);
		break;
	case FORM_RM:
		i->dst = take_rm(c, i, i->size);
		break;
	case FORM_ACC_IMM:
		i->dst = accumulator;
		i->src = take_immediate(c, i, i->size);
		break;
	case FORM_ACC_MOFFS:
		i->dst = accumulator;
		i->src = take_moffs(c, i);
		break;
	case FORM_MOFFS_ACC:
		i->dst = take_moffs(c, i);
		i->src = accumulator;
		break;
	case FORM_PORT_IMM:
		i->src = take_immediate(c, i, 1);
		break;
	case FORM_PORT_DX:
		i->src = dx;
		break;
	case FORM_STRING:
	case FORM_NONE:
		break;
	}
}

/* Takes opcode and ModRM. */
static struct opcode take_opcode(struct cursor *c, struct insn *i)
{
	uint8_t byte = take_prefixes(c, i);
	const struct opcode *row = &opcode_one_byte[byte];

	if (byte == 0x0f) {
		row = &opcode_two_byte[take(c)];
	}
	if (opcode_has_modrm(row)) {
		c->modrm = take(c);
	}
	if (row->group != 0) {
		return opcode_in_group(row, c->modrm >> 3 & 7);
	}
	return *row;
}

/* What looks like `row` but is another instruction, or none. */
static bool is_other(const struct cursor *c, const struct insn *i,
		     const struct opcode *row)
{
	if (row->op == OP_NONE) {
		return true;
	}
	if (row->source_size == 4 && c->mode != INSN_MODE_64) {
		return true; /* ARPL */
	}
	if (row->width == WIDTH_QUAD && (c->rex & REX_W)) {
		return true; /* CMPXCHG16B */
	}
	if ((row->flags & OPCODE_MEMORY) && c->modrm >> 6 == 3) {
		return true;
	}
	return (row->flags & OPCODE_BARE) && (c->has_66 || i->rep != REP_NONE);
}

static int decode(struct cursor *c, struct insn *i)
{
	struct opcode row = take_opcode(c, i);

	if (is_other(c, i, &row)) {
		return INSN_UNKNOWN;
	}
	i->op = (enum insn_op)row.op;
	i->address_size = address_size(c);
	i->size = operand_size(c, (enum width)row.width);
	i->source_size = i->size;
	if (row.source_size != 0 && row.source_size < i->size) {
		i->source_size = row.source_size;
	}
	take_operands(c, i, (enum form)row.form);
	if (i->is_locked &&
	    (i->dst.kind != OPERAND_MEM || !(MAY_LOCK & BIT(i->op)))) {
		return INSN_UNKNOWN;
	}
	i->length = (uint8_t)c->at;
	return i->length;
}

int insn_decode(enum insn_mode mode, const uint8_t *bytes, size_t count,
		struct insn *out)
{
	struct cursor c = { .bytes = bytes, .mode = mode };
	int length;

	c.count = count < INSN_MAX_LENGTH ? count : INSN_MAX_LENGTH;
	*out = (struct insn){
		.memory = { .segment = SEG_DS,
			    .base = INSN_NO_REG,
			    .index = INSN_NO_REG },
	};
	length = decode(&c, out);
	if (c.at > c.count) {
		/* It was decoded from bytes that are not there. */
		return c.count == INSN_MAX_LENGTH ? INSN_UNKNOWN
						  : INSN_NEED_MORE;
	}
	return length;
}
