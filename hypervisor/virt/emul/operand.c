/* SPDX-License-Identifier: MIT */
/* Registers and addresses of operands. AMD APM 3 1.2 to 1.7, APM 2 4.5. */
#include "virt/emul/operand.h"

#include "virt/emul/alu.h"

#define VECTOR_SS 12
#define VECTOR_GP 13

enum emul_result emul_raise(struct emul *e, struct emul_fault fault)
{
	e->fault = fault;
	return EMUL_FAULT;
}

uint64_t operand_reg_read(struct emul *e, unsigned int reg, unsigned int size)
{
	return alu_truncate(e->ops->reg_read(e, (enum emul_reg)reg), size);
}

void operand_reg_write(struct emul *e, unsigned int reg, unsigned int size,
		       uint64_t value)
{
	value = alu_truncate(value, size);
	if (size < 4) {
		uint64_t old = e->ops->reg_read(e, (enum emul_reg)reg);

		value |= old & ~(BIT(8 * size) - 1);
	}
	e->ops->reg_write(e, (enum emul_reg)reg, value);
}

uint64_t operand_value(struct emul *e, const struct insn *i,
		       struct insn_operand o, unsigned int size)
{
	switch (o.kind) {
	case OPERAND_REG:
		return operand_reg_read(e, o.reg, size);
	case OPERAND_HIGH:
		return operand_reg_read(e, o.reg, 2) >> 8;
	case OPERAND_IMM:
		return alu_truncate(i->immediate, size);
	case OPERAND_MEM:
	case OPERAND_NONE:
		break;
	}
	return 0;
}

void operand_set(struct emul *e, struct insn_operand o, unsigned int size,
		 uint64_t value)
{
	if (o.kind == OPERAND_HIGH) {
		uint64_t low = operand_reg_read(e, o.reg, 1);

		operand_reg_write(e, o.reg, 2, low | value << 8);
		return;
	}
	operand_reg_write(e, o.reg, size, value);
}

/* An immediate bit number stays inside its operand, one in a register not. */
static uint64_t bit_displacement(struct emul *e, const struct insn *i)
{
	uint64_t bit;

	if (i->op < OP_BT || i->op > OP_BTC || i->src.kind != OPERAND_REG) {
		return 0;
	}
	bit = alu_sign_extend(operand_reg_read(e, i->src.reg, i->size),
			      i->size);
	return (uint64_t)((int64_t)bit >> 3) & ~(uint64_t)(i->size - 1);
}

uint64_t operand_offset(struct emul *e, const struct insn *i)
{
	const struct insn_memory *m = &i->memory;
	uint64_t offset = m->displacement + bit_displacement(e, i);

	if (m->is_rip_relative) {
		offset += e->ops->reg_read(e, EMUL_RIP) + i->length;
	}
	if (m->base != INSN_NO_REG) {
		offset += e->ops->reg_read(e, (enum emul_reg)m->base);
	}
	if (m->index != INSN_NO_REG) {
		offset += e->ops->reg_read(e, (enum emul_reg)m->index)
			  << m->shift;
	}
	if (i->op == OP_POP && m->base == EMUL_RSP) {
		/* APM 3 "POP": the address counts from the new pointer. */
		offset += i->size;
	}
	return alu_truncate(offset, i->address_size);
}

static bool is_canonical(const struct emul *e, uint64_t linear)
{
	unsigned int unused = 64u - e->linear_bits;

	return (uint64_t)((int64_t)(linear << unused) >> unused) == linear;
}

static bool is_in_limit(const struct emul_segment *s, uint64_t first,
			uint64_t last)
{
	bool is_data = !(s->attr & SEGMENT_CODE);

	if (is_data && (s->attr & SEGMENT_EXPAND_DOWN)) {
		uint64_t top =
			s->attr & SEGMENT_DEFAULT_BIG ? 0xffffffff : 0xffff;

		return first > s->limit && last <= top;
	}
	return last <= s->limit;
}

static bool segment_allows(const struct emul_segment *s, bool is_write)
{
	bool is_code = s->attr & SEGMENT_CODE;

	if (!(s->attr & SEGMENT_PRESENT)) {
		return false;
	}
	if (is_write) {
		return !is_code && (s->attr & SEGMENT_WRITABLE);
	}
	return !is_code || (s->attr & SEGMENT_WRITABLE);
}

static enum emul_result segment_fault(struct emul *e, enum insn_segment segment)
{
	return emul_raise(e, (struct emul_fault){ .vector = segment == SEG_SS
								    ? VECTOR_SS
								    : VECTOR_GP,
						  .has_error = true });
}

enum emul_result operand_access(struct emul *e, enum insn_segment segment,
				uint64_t offset, unsigned int size,
				bool is_write, struct emul_access *out)
{
	struct emul_segment s;
	uint64_t last = offset + size - 1;

	*out = (struct emul_access){ .linear = offset,
				     .size = (uint8_t)size,
				     .is_write = is_write };
	if (e->mode == INSN_MODE_64) {
		/* Only FS and GS have a base: APM 2 4.5.3. */
		if (segment >= SEG_FS) {
			e->ops->segment_read(e, segment, &s);
			out->linear += s.base;
		}
		if (!is_canonical(e, out->linear) ||
		    !is_canonical(e, out->linear + size - 1)) {
			return segment_fault(e, segment);
		}
		return EMUL_DONE;
	}

	e->ops->segment_read(e, segment, &s);
	if (!is_in_limit(&s, offset, last) ||
	    (e->is_protected && !segment_allows(&s, is_write))) {
		return segment_fault(e, segment);
	}
	out->linear = (uint32_t)(s.base + offset);
	return EMUL_DONE;
}

void operand_retire(struct emul *e, const struct insn *i)
{
	uint64_t next = e->ops->reg_read(e, EMUL_RIP) + i->length;
	unsigned int size = e->mode == INSN_MODE_64 ? 8 : 4;

	e->ops->reg_write(e, EMUL_RIP, alu_truncate(next, size));
}
