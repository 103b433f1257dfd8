/* SPDX-License-Identifier: MIT */
/*
 * Bytes to struct insn: prefixes, opcode, ModRM, displacement, immediate.
 * AMD APM 3 chapter 1 and appendix A.
 *
 * Bytes that are missing are anything; that is noticed once, at the end.
 */
#include "virt/emul/insn.h"

#define REG_SP 4
#define REG_BP 5

#define REX_W  8
#define REX_R  4
#define REX_X  2
#define REX_B  1

enum form {
	FORM_NONE,
	FORM_MEM_REG, /* destination, source */
	FORM_REG_MEM,
	FORM_EXTEND,   /* REG_MEM, and memory is of 1 or 2 bytes */
	FORM_MEM_IMM,  /* of the operand size, at most 4 bytes */
	FORM_MEM_IMM8, /* sign-extended */
	FORM_ACC_MOFFS,
	FORM_MOFFS_ACC,
	FORM_STRING,
};

/* In the place of an operation: ModRM.reg selects it. */
enum group { GROUP_ALU = OP_OUTS + 1, GROUP_BIT, GROUP_MOV, GROUP_TEST };

struct row {
	uint8_t op;
	uint8_t form;
};

/* clang-format off */
/* A byte form and behind it the other sizes. */
#define PAIR(code, op, form) \
	[(code)] = { op, form }, \
	[(code) + 1] = { op, form }
#define ALU(code, op) \
	PAIR(code, op, FORM_MEM_REG), \
	PAIR((code) + 2, op, FORM_REG_MEM)

static const struct row one_byte[256] = {
	ALU(0x00, OP_ADD),
	ALU(0x08, OP_OR),
	ALU(0x10, OP_ADC),
	ALU(0x18, OP_SBB),
	ALU(0x20, OP_AND),
	ALU(0x28, OP_SUB),
	ALU(0x30, OP_XOR),
	ALU(0x38, OP_CMP),
	[0x63] = { OP_MOVSX, FORM_REG_MEM }, /* MOVSXD, in 64-bit code */
	PAIR(0x6c, OP_INS, FORM_STRING),
	PAIR(0x6e, OP_OUTS, FORM_STRING),
	PAIR(0x80, GROUP_ALU, FORM_MEM_IMM),
	[0x83] = { GROUP_ALU, FORM_MEM_IMM8 },
	PAIR(0x84, OP_TEST, FORM_MEM_REG),
	PAIR(0x86, OP_XCHG, FORM_MEM_REG),
	PAIR(0x88, OP_MOV, FORM_MEM_REG),
	PAIR(0x8a, OP_MOV, FORM_REG_MEM),
	PAIR(0xa0, OP_MOV, FORM_ACC_MOFFS),
	PAIR(0xa2, OP_MOV, FORM_MOFFS_ACC),
	PAIR(0xa4, OP_MOVS, FORM_STRING),
	PAIR(0xaa, OP_STOS, FORM_STRING),
	PAIR(0xac, OP_LODS, FORM_STRING),
	PAIR(0xc6, GROUP_MOV, FORM_MEM_IMM),
	PAIR(0xf6, GROUP_TEST, FORM_MEM_IMM),
};

static const struct row two_byte[256] = {
	PAIR(0xb6, OP_MOV, FORM_EXTEND), /* MOVZX */
	[0xba] = { GROUP_BIT, FORM_MEM_IMM8 },
	PAIR(0xbe, OP_MOVSX, FORM_EXTEND),
	[0xc3] = { OP_MOV, FORM_MEM_REG }, /* MOVNTI */
};

/* By ModRM.reg. */
static const uint8_t groups[][8] = {
	[GROUP_ALU - GROUP_ALU] = { OP_ADD, OP_OR, OP_ADC, OP_SBB,
				    OP_AND, OP_SUB, OP_XOR, OP_CMP },
	[GROUP_BIT - GROUP_ALU] = { [4] = OP_BT, OP_BTS, OP_BTR, OP_BTC },
	[GROUP_MOV - GROUP_ALU] = { OP_MOV },
	[GROUP_TEST - GROUP_ALU] = { OP_TEST, OP_TEST },
};

/* clang-format on */

struct cursor {
	/* After 15 prefixes: opcode, ModRM, SIB, two words loaded as 8 bytes. */
	uint8_t bytes[INSN_BYTES + 24];
	size_t at;
	enum insn_mode mode;
	bool has_66;
	bool has_67;
	bool has_lock;
	bool has_rep;
	bool has_rex;
	uint8_t rex;
	uint8_t segment; /* override, or INSN_NO_REG */
	uint8_t modrm;
};

static uint8_t take(struct cursor *c)
{
	return c->bytes[c->at++];
}

/* Little-endian and sign-extended. */
static uint64_t take_signed(struct cursor *c, unsigned int size)
{
	const unsigned int unused = 64 - 8 * size;
	uint64_t value;

	__builtin_memcpy(&value, c->bytes + c->at, sizeof(value));
	c->at += size;
	return (uint64_t)((int64_t)(value << unused) >> unused);
}

/* Notes `byte` if it is a legacy prefix. */
static bool note_prefix(struct cursor *c, uint8_t byte)
{
	switch (byte) {
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
		/* APM 3 1.2.4: 64-bit code ignores all but FS and GS. */
		if (c->mode != INSN_MODE_64) {
			c->segment = byte >> 3 & 3;
		}
		return true;
	case 0x64:
	case 0x65:
		c->segment = byte & 7;
		return true;
	case 0x66:
		c->has_66 = true;
		return true;
	case 0x67:
		c->has_67 = true;
		return true;
	case 0xf0:
		c->has_lock = true;
		return true;
	case 0xf2:
	case 0xf3:
		c->has_rep = true;
		return true;
	default:
		return false;
	}
}

/* Takes all prefixes; the first byte of the opcode is next. */
static inline void take_prefixes(struct cursor *c, enum insn_mode mode,
				 const uint8_t bytes[INSN_BYTES])
{
	*c = (struct cursor){ .mode = mode, .segment = INSN_NO_REG };
	__builtin_memcpy(c->bytes, bytes, INSN_BYTES);
	for (; c->at < INSN_MAX_LENGTH; c->at++) {
		const uint8_t byte = bytes[c->at];

		if (mode == INSN_MODE_64 && (byte & 0xf0) == 0x40) {
			c->has_rex = true;
			c->rex = byte & 0xf;
		} else if (note_prefix(c, byte)) {
			/* A REX that is not last has no effect. */
			c->has_rex = false;
			c->rex = 0;
		} else {
			break;
		}
	}
}

/* What was taken, or 0 when that is more than there is. */
static unsigned int all_there(const struct cursor *c, size_t count)
{
	return c->at <= min_u64(count, INSN_MAX_LENGTH) ? (unsigned int)c->at
							: 0;
}

/* The first bytes of an instruction, lowest first. */
struct named {
	uint32_t opcode;
	uint32_t mask;
	uint8_t length; /* with ModRM */
};

/* Out of line, so that the common case saves no registers. */
static __attribute__((noinline)) unsigned int
length_with_prefixes(enum insn_mode mode, const uint8_t bytes[INSN_BYTES],
		     size_t count, const struct named *n)
{
	struct cursor c;
	uint32_t word;

	take_prefixes(&c, mode, bytes);
	__builtin_memcpy(&word, c.bytes + c.at, sizeof(word));
	c.at += n->length;
	return (word & n->mask) == n->opcode ? all_there(&c, count) : 0;
}

unsigned int insn_length(enum insn_mode mode, const uint8_t bytes[INSN_BYTES],
			 size_t count, enum insn_intercept what)
{
	static const struct named all[] = {
		[INSN_CPUID] = { 0xa20f, 0xffff, 2 },
		[INSN_HLT] = { 0xf4, 0xff, 1 },
		[INSN_INVD] = { 0x080f, 0xffff, 2 },
		[INSN_MOV_TO_CR] = { 0x220f, 0xffff, 3 },
		[INSN_RDMSR] = { 0x320f, 0xffff, 2 },
		[INSN_VMMCALL] = { 0xd9010f, 0xffffff, 3 },
		[INSN_WBINVD] = { 0x090f, 0xffff, 2 },
		[INSN_WRMSR] = { 0x300f, 0xffff, 2 },
	};
	const struct named *n = &all[what];
	uint32_t word;

	__builtin_memcpy(&word, bytes, sizeof(word));
	if (likely((word & n->mask) == n->opcode)) {
		return n->length <= count ? n->length : 0;
	}
	return length_with_prefixes(mode, bytes, count, n);
}

static uint8_t address_size(const struct cursor *c)
{
	if (c->mode == INSN_MODE_64) {
		return c->has_67 ? 4 : 8;
	}
	return (c->mode == INSN_MODE_16) == c->has_67 ? 4 : 2;
}

/* Bit 0 of an opcode is clear where there is a byte form. */
static uint8_t operand_size(const struct cursor *c, bool is_byte)
{
	if (is_byte) {
		return 1;
	}
	if (c->rex & REX_W) {
		return 8;
	}
	return (c->mode == INSN_MODE_16) == c->has_66 ? 4 : 2;
}

static void take_memory_16(struct cursor *c, struct insn *i)
{
	/* BX+SI BX+DI BP+SI BP+DI SI DI BP BX; APM 3 table A-33. */
	static const uint8_t bases[] = { 3, 3, 5, 5, 6, 7, 5, 3 };
	static const uint8_t indexes[] = { 6, 7, 6, 7 };
	const unsigned int mod = c->modrm >> 6;
	const unsigned int rm = c->modrm & 7;

	if (mod == 0 && rm == 6) {
		i->displacement = take_signed(c, 2);
		return;
	}
	i->base = bases[rm];
	if (rm < ARRAY_SIZE(indexes)) {
		i->index = indexes[rm];
	}
	if (mod != 0) {
		i->displacement = take_signed(c, mod);
	}
}

static void take_memory_32(struct cursor *c, struct insn *i)
{
	const unsigned int mod = c->modrm >> 6;
	unsigned int rm = c->modrm & 7;
	bool has_base = mod != 0 || rm != 5;

	if (rm == 4) {
		const uint8_t sib = take(c);
		const unsigned int index = (sib >> 3 & 7u) | (c->rex & REX_X)
								     << 2;

		rm = sib & 7;
		if (index != 4) {
			i->index = (uint8_t)index;
			i->shift = sib >> 6;
		}
		has_base = mod != 0 || rm != 5;
	} else {
		i->is_rip_relative = !has_base && c->mode == INSN_MODE_64;
	}
	if (has_base) {
		i->base = (uint8_t)(rm | (c->rex & REX_B) << 3);
	}
	if (mod == 1) {
		i->displacement = take_signed(c, 1);
	} else if (mod == 2 || !has_base) {
		i->displacement = take_signed(c, 4);
	}
}

/* The operands that ModRM names; the immediate comes behind them. */
static void take_memory(struct cursor *c, struct insn *i)
{
	const unsigned int reg = (c->modrm >> 3 & 7u) | (c->rex & REX_R) << 1;
	const bool is_high = i->size == 1 && !c->has_rex && reg >= 4;

	i->reg = (uint8_t)(is_high ? INSN_HIGH | (reg - 4) : reg);
	if (i->address_size == 2) {
		take_memory_16(c, i);
	} else {
		take_memory_32(c, i);
	}
	if (c->segment == INSN_NO_REG &&
	    (i->base == REG_SP || i->base == REG_BP)) {
		i->segment = SEG_SS;
	}
}

static void take_immediate(struct cursor *c, struct insn *i, unsigned int size)
{
	i->has_immediate = true;
	i->immediate = take_signed(c, size < 4 ? size : 4);
}

static void take_operands(struct cursor *c, struct insn *i, enum form form)
{
	switch (form) {
	case FORM_REG_MEM:
	case FORM_EXTEND:
		i->is_load = true;
		take_memory(c, i);
		break;
	case FORM_MEM_REG:
		take_memory(c, i);
		break;
	case FORM_MEM_IMM:
		take_memory(c, i);
		take_immediate(c, i, i->size);
		break;
	case FORM_MEM_IMM8:
		take_memory(c, i);
		take_immediate(c, i, 1);
		break;
	case FORM_ACC_MOFFS:
	case FORM_MOFFS_ACC:
		i->is_load = form == FORM_ACC_MOFFS;
		i->displacement = take_signed(c, i->address_size);
		break;
	case FORM_STRING:
	case FORM_NONE:
		break;
	}
}

static void set_sizes(const struct cursor *c, struct insn *i, uint8_t opcode,
		      enum form form)
{
	const bool is_byte = (opcode & 1) == 0;

	i->address_size = address_size(c);
	i->size = operand_size(c, is_byte && form != FORM_EXTEND &&
					  form != FORM_MEM_IMM8);
	if (i->op >= OP_INS && i->size == 8) {
		i->size = 4; /* ports have no more */
	}
	i->memory_size = i->size;
	if (form == FORM_EXTEND) {
		i->memory_size = is_byte ? 1 : 2;
	} else if (i->op == OP_MOVSX && i->size == 8) {
		i->memory_size = 4; /* MOVSXD */
	}
}

unsigned int insn_decode(enum insn_mode mode, const uint8_t bytes[INSN_BYTES],
			 size_t count, struct insn *out)
{
	struct cursor c;
	const struct row *row = one_byte;
	uint8_t opcode;
	bool has_modrm;

	take_prefixes(&c, mode, bytes);
	opcode = take(&c);
	if (opcode == 0x0f) {
		opcode = take(&c);
		row = two_byte;
	} else if (opcode == 0x63 && mode != INSN_MODE_64) {
		return 0; /* ARPL */
	}
	row += opcode;
	has_modrm = row->form >= FORM_MEM_REG && row->form <= FORM_MEM_IMM8;
	if (has_modrm) {
		c.modrm = take(&c);
	}
	*out = (struct insn){
		.op = row->op < GROUP_ALU
			      ? row->op
			      : groups[row->op - GROUP_ALU][c.modrm >> 3 & 7],
		.is_locked = c.has_lock,
		.is_repeated = c.has_rep,
		.segment = c.segment == INSN_NO_REG ? SEG_DS : c.segment,
		.base = INSN_NO_REG,
		.index = INSN_NO_REG,
	};
	if (out->op == OP_NONE || (has_modrm && c.modrm >> 6 == 3)) {
		return 0;
	}
	set_sizes(&c, out, opcode, row->form);
	take_operands(&c, out, row->form);
	out->length = (uint8_t)c.at;
	return all_there(&c, count);
}
