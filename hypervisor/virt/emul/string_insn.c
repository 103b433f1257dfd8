/* SPDX-License-Identifier: MIT */
/*
 * String instructions, round by round. A round is committed as a whole: its
 * accesses, then pointers, count and flags. So the guest can be interrupted
 * between two rounds as on hardware (APM 3 1.2.6), and a long one is bounded.
 */
#include "virt/emul/string_insn.h"

#include "virt/emul/alu.h"
#include "virt/emul/operand.h"

#define USES_SOURCE (BIT(OP_MOVS) | BIT(OP_CMPS) | BIT(OP_LODS) | BIT(OP_OUTS))
#define USES_DESTINATION                                                       \
	(BIT(OP_MOVS) | BIT(OP_CMPS) | BIT(OP_STOS) | BIT(OP_SCAS) |           \
	 BIT(OP_INS))
#define WRITES   (BIT(OP_MOVS) | BIT(OP_STOS) | BIT(OP_INS))
#define COMPARES (BIT(OP_CMPS) | BIT(OP_SCAS))

struct round {
	struct emul_access source;
	struct emul_access destination;
};

bool string_insn_is(enum insn_op op)
{
	return (USES_SOURCE | USES_DESTINATION) & BIT(op);
}

/* Addresses of both ends, checked before anything is read. */
static enum emul_result prepare(struct emul *e, const struct insn *i,
				struct round *r)
{
	enum emul_result result = EMUL_DONE;

	if (USES_SOURCE & BIT(i->op)) {
		result = operand_access(
			e, i->memory.segment,
			operand_reg_read(e, EMUL_RSI, i->address_size), i->size,
			false, &r->source);
	}
	if (result == EMUL_DONE && (USES_DESTINATION & BIT(i->op))) {
		result = operand_access(
			e, SEG_ES,
			operand_reg_read(e, EMUL_RDI, i->address_size), i->size,
			(WRITES & BIT(i->op)) != 0, &r->destination);
	}
	return result;
}

/* Gets what the round moves or compares: from memory, port or accumulator. */
static enum emul_result get(struct emul *e, const struct insn *i,
			    const struct round *r, uint64_t *value)
{
	if (USES_SOURCE & BIT(i->op)) {
		return e->ops->mem_read(e, r->source, value);
	}
	if (i->op == OP_INS) {
		return e->ops->port_read(
			e, (uint16_t)operand_reg_read(e, EMUL_RDX, 2), i->size,
			value);
	}
	*value = operand_reg_read(e, EMUL_RAX, i->size);
	return EMUL_DONE;
}

static enum emul_result compare(struct emul *e, const struct insn *i,
				const struct round *r, uint64_t value)
{
	uint64_t flags = e->ops->reg_read(e, EMUL_RFLAGS);
	uint64_t other = 0;
	enum emul_result result = e->ops->mem_read(e, r->destination, &other);

	if (result == EMUL_DONE) {
		alu_binary(OP_CMP, i->size, value, other, &flags);
		e->ops->reg_write(e, EMUL_RFLAGS, flags);
	}
	return result;
}

static enum emul_result put(struct emul *e, const struct insn *i,
			    const struct round *r, uint64_t value)
{
	if (COMPARES & BIT(i->op)) {
		return compare(e, i, r, value);
	}
	if (WRITES & BIT(i->op)) {
		return e->ops->mem_write(e, r->destination, value);
	}
	if (i->op == OP_OUTS) {
		return e->ops->port_write(
			e, (uint16_t)operand_reg_read(e, EMUL_RDX, 2), i->size,
			value);
	}
	operand_reg_write(e, EMUL_RAX, i->size, value);
	return EMUL_DONE;
}

static void advance(struct emul *e, const struct insn *i, enum emul_reg reg)
{
	uint64_t at = e->ops->reg_read(e, reg);

	if (e->ops->reg_read(e, EMUL_RFLAGS) & FLAG_DF) {
		at -= i->size;
	} else {
		at += i->size;
	}
	operand_reg_write(e, reg, i->address_size, at);
}

static enum emul_result run_round(struct emul *e, const struct insn *i)
{
	struct round r = { 0 };
	uint64_t value = 0;
	enum emul_result result = prepare(e, i, &r);

	if (result == EMUL_DONE) {
		result = get(e, i, &r, &value);
	}
	if (result == EMUL_DONE) {
		result = put(e, i, &r, value);
	}
	if (result != EMUL_DONE) {
		return result;
	}
	if (USES_SOURCE & BIT(i->op)) {
		advance(e, i, EMUL_RSI);
	}
	if (USES_DESTINATION & BIT(i->op)) {
		advance(e, i, EMUL_RDI);
	}
	return EMUL_DONE;
}

/* Whether the comparison just made ends the repetition. */
static bool is_decided(struct emul *e, const struct insn *i)
{
	bool is_equal;

	if (!(COMPARES & BIT(i->op))) {
		return false;
	}
	is_equal = e->ops->reg_read(e, EMUL_RFLAGS) & FLAG_ZF;
	return is_equal != (i->rep == REP_EQUAL);
}

static enum emul_result repeat(struct emul *e, const struct insn *i)
{
	uint64_t count = operand_reg_read(e, EMUL_RCX, i->address_size);

	for (unsigned int round = 0; count != 0; round++) {
		enum emul_result result;

		if (round == EMUL_ROUNDS) {
			return EMUL_AGAIN;
		}
		result = run_round(e, i);
		if (result != EMUL_DONE) {
			return result;
		}
		operand_reg_write(e, EMUL_RCX, i->address_size, --count);
		e->ops->commit(e);
		if (is_decided(e, i)) {
			break;
		}
	}
	return EMUL_DONE;
}

enum emul_result string_insn_execute(struct emul *e, const struct insn *i)
{
	enum emul_result result;

	if (i->rep != REP_NONE) {
		result = repeat(e, i);
	} else {
		result = run_round(e, i);
		if (result == EMUL_DONE) {
			e->ops->commit(e);
		}
	}
	if (result == EMUL_DONE) {
		operand_retire(e, i);
	}
	return result;
}
