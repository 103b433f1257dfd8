/* SPDX-License-Identifier: MIT */
/*
 * Addresses and permissions first, then device and memory accesses, registers
 * and flags last. AMD APM 3 1.2 to 1.7, APM 2 4.5 to 4.8.
 */
#include "virt/emul/alu.h"
#include "virt/emul/emul.h"

#define VECTOR_SS 12
#define VECTOR_GP 13

/* `reg` may be one of AH to BH. */
static uint64_t reg_read(const struct emul *e, unsigned int reg,
			 unsigned int size)
{
	const uint64_t value = e->gpr[reg & 0xf];

	return reg & INSN_HIGH ? (uint8_t)(value >> 8)
			       : alu_truncate(value, size);
}

/* Writes as instructions do: 4 bytes clear the upper half, 1 and 2 keep it. */
static void reg_write(struct emul *e, unsigned int reg, unsigned int size,
		      uint64_t value)
{
	uint64_t *full = &e->gpr[reg & 0xf];
	const unsigned int shift = reg & INSN_HIGH ? 8 : 0;
	const uint64_t mask =
		size >= 4 ? UINT64_MAX : (BIT(8 * size) - 1) << shift;

	*full = (*full & ~mask) | alu_truncate(value, size) << shift;
}

/* 48 bits: guests have no five-level paging. */
static bool is_canonical(uint64_t linear)
{
	return alu_sign_extend(linear, 6) == linear;
}

static bool is_in_limit(const struct emul_segment *s, uint64_t first,
			uint64_t last)
{
	const uint16_t down = SEGMENT_EXPAND_DOWN;

	if ((s->attr & (SEGMENT_CODE | down)) == down) {
		return first > s->limit &&
		       last <= (s->attr & SEGMENT_DEFAULT_BIG ? UINT32_MAX
							      : UINT16_MAX);
	}
	return last <= s->limit;
}

static bool segment_allows(const struct emul_segment *s, bool is_write)
{
	const bool is_code = s->attr & SEGMENT_CODE;

	if (!(s->attr & SEGMENT_PRESENT)) {
		return false;
	}
	if (is_write) {
		return !is_code && (s->attr & SEGMENT_WRITABLE);
	}
	return !is_code || (s->attr & SEGMENT_WRITABLE);
}

/* The linear address of `a`; false when the segment forbids the access. */
static bool find_linear(struct emul *e, enum insn_segment segment,
			uint64_t offset, struct emul_access *a)
{
	struct emul_segment s;

	a->linear = offset;
	if (e->mode == INSN_MODE_64) {
		/* Only FS and GS have a base: APM 2 4.5.3. */
		if (segment >= SEG_FS) {
			emul_segment(e, segment, &s);
			a->linear += s.base;
		}
		return is_canonical(a->linear) &&
		       is_canonical(a->linear + a->size - 1);
	}
	emul_segment(e, segment, &s);
	a->linear = (uint32_t)(s.base + offset);
	return is_in_limit(&s, offset, offset + a->size - 1) &&
	       (!e->is_protected || segment_allows(&s, a->is_write));
}

static enum emul_result find(struct emul *e, enum insn_segment segment,
			     uint64_t offset, struct emul_access *a)
{
	if (find_linear(e, segment, offset, a)) {
		return emul_resolve(e, a);
	}
	e->fault = (struct emul_fault){
		.vector = segment == SEG_SS ? VECTOR_SS : VECTOR_GP,
		.has_error = true,
	};
	return EMUL_FAULT;
}

/* Of the memory operand, in its segment. */
static uint64_t memory_offset(const struct emul *e, const struct insn *i)
{
	uint64_t offset = i->displacement;

	if (i->is_rip_relative) {
		offset += e->rip + i->length;
	}
	if (i->base != INSN_NO_REG) {
		offset += e->gpr[i->base];
	}
	if (i->index != INSN_NO_REG) {
		offset += e->gpr[i->index] << i->shift;
	}
	return alu_truncate(offset, i->address_size);
}

static enum emul_result run_memory(struct emul *e, const struct insn *i)
{
	const bool is_move = i->op == OP_MOV || i->op == OP_MOVSX;
	const bool has_result =
		i->op != OP_CMP && i->op != OP_TEST && i->op != OP_BT;
	/* APM 3 "XCHG": with memory it is locked without the prefix. */
	struct emul_access a = { .size = i->memory_size,
				 .is_write = has_result && !i->is_load,
				 .is_locked =
					 i->is_locked || i->op == OP_XCHG };
	const enum emul_result result =
		find(e, i->segment, memory_offset(e, i), &a);
	uint64_t memory = 0;
	uint64_t other = 0;
	uint64_t value;

	if (result != EMUL_DONE) {
		return result;
	}
	if (i->is_load || !is_move) {
		memory = emul_read(e, &a);
	}
	if (i->has_immediate) {
		other = alu_truncate(i->immediate, i->size);
	} else if (!i->is_load || !is_move) {
		other = reg_read(e, i->reg, i->size);
	}

	value = i->is_load ? memory : other;
	if (i->op == OP_MOVSX) {
		value = alu_sign_extend(memory, i->memory_size);
	} else if (!is_move && i->op != OP_XCHG) {
		value = alu(i->op, i->size, i->is_load ? other : memory, value,
			    &e->rflags);
	}
	if (a.is_write) {
		emul_write(e, &a, value);
	} else if (has_result) {
		reg_write(e, i->reg, i->size, value);
	}
	if (i->op == OP_XCHG) {
		reg_write(e, i->reg, i->size, memory);
	}
	return EMUL_DONE;
}

/* Moves a string's pointer on. */
static void advance(struct emul *e, const struct insn *i, enum emul_reg reg)
{
	const uint64_t step =
		e->rflags & FLAG_DF ? -(uint64_t)i->size : i->size;

	reg_write(e, reg, i->address_size, e->gpr[reg] + step);
}

/* One round of a string instruction. */
static enum emul_result run_round(struct emul *e, const struct insn *i)
{
	const bool reads =
		i->op == OP_MOVS || i->op == OP_LODS || i->op == OP_OUTS;
	const bool writes =
		i->op == OP_MOVS || i->op == OP_STOS || i->op == OP_INS;
	const uint16_t port = (uint16_t)e->gpr[EMUL_RDX];
	struct emul_access from = { .size = i->size };
	struct emul_access to = { .size = i->size, .is_write = true };
	enum emul_result result = EMUL_DONE;
	uint64_t value;

	if (reads) {
		result = find(e, i->segment,
			      reg_read(e, EMUL_RSI, i->address_size), &from);
	}
	if (result == EMUL_DONE && writes) {
		result = find(e, SEG_ES, reg_read(e, EMUL_RDI, i->address_size),
			      &to);
	}
	if (result != EMUL_DONE) {
		return result;
	}

	if (reads) {
		value = emul_read(e, &from);
		advance(e, i, EMUL_RSI);
	} else if (i->op == OP_INS) {
		value = emul_in(e, port, i->size);
	} else {
		value = reg_read(e, EMUL_RAX, i->size);
	}
	if (writes) {
		emul_write(e, &to, value);
		advance(e, i, EMUL_RDI);
	} else if (i->op == OP_OUTS) {
		emul_out(e, port, i->size, value);
	} else {
		reg_write(e, EMUL_RAX, i->size, value);
	}
	return EMUL_DONE;
}

/*
 * Each round is complete with its pointers and count: so the guest can be
 * interrupted between two as on hardware (APM 3 1.2.6), and a long one is
 * bounded.
 */
static enum emul_result run_string(struct emul *e, const struct insn *i)
{
	uint64_t left = reg_read(e, EMUL_RCX, i->address_size);

	if (!i->is_repeated) {
		return run_round(e, i);
	}
	for (unsigned int round = 0; left != 0; round++) {
		const enum emul_result result =
			round == EMUL_ROUNDS ? EMUL_AGAIN : run_round(e, i);

		if (result != EMUL_DONE) {
			return result;
		}
		reg_write(e, EMUL_RCX, i->address_size, --left);
	}
	return EMUL_DONE;
}

enum emul_result emul_execute(struct emul *e, const struct insn *i)
{
	const enum emul_result result =
		i->op >= OP_MOVS ? run_string(e, i) : run_memory(e, i);

	if (result == EMUL_DONE) {
		e->rip += i->length;
		if (e->mode != INSN_MODE_64) {
			e->rip = (uint32_t)e->rip;
		}
	}
	return result;
}
