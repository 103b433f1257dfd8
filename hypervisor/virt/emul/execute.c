/* SPDX-License-Identifier: MIT */
/*
 * One function for each kind of instruction. Each does its accesses first, the
 * one write to memory last among them, and then changes registers and flags:
 * so an access that fails leaves nothing behind.
 */
#include "virt/emul/alu.h"
#include "virt/emul/operand.h"
#include "virt/emul/string_insn.h"

struct run {
	struct emul *e;
	const struct insn *i;
	struct emul_access at; /* of the memory operand, if there is one */
	uint64_t flags;        /* stored when the instruction is complete */
};

static const struct insn_operand accumulator = { OPERAND_REG, EMUL_RAX };

static enum emul_result load(struct run *r, struct insn_operand o,
			     unsigned int size, uint64_t *value)
{
	if (o.kind == OPERAND_MEM) {
		return r->e->ops->mem_read(r->e, r->at, value);
	}
	*value = operand_value(r->e, r->i, o, size);
	return EMUL_DONE;
}

/* Writes the destination, which held `old` if it was read. */
static enum emul_result store(struct run *r, uint64_t old, uint64_t value)
{
	const struct insn *i = r->i;

	if (i->dst.kind != OPERAND_MEM) {
		operand_set(r->e, i->dst, i->size, value);
		return EMUL_DONE;
	}
	if (i->is_locked || i->op == OP_XCHG) {
		/* APM 3 "XCHG": with memory it is locked without the prefix. */
		return r->e->ops->mem_update(r->e, r->at, old, value);
	}
	return r->e->ops->mem_write(r->e, r->at, value);
}

static enum emul_result run_binary(struct run *r)
{
	const struct insn *i = r->i;
	uint64_t a = 0;
	uint64_t b = 0;
	uint64_t value;
	enum emul_result result = load(r, i->dst, i->size, &a);

	if (result == EMUL_DONE) {
		result = load(r, i->src, i->size, &b);
	}
	if (result != EMUL_DONE) {
		return result;
	}
	value = alu_binary(i->op, i->size, a, b, &r->flags);
	if (i->op == OP_CMP || i->op == OP_TEST) {
		return EMUL_DONE;
	}
	return store(r, a, value);
}

static enum emul_result run_unary(struct run *r)
{
	const struct insn *i = r->i;
	uint64_t a = 0;
	enum emul_result result = load(r, i->dst, i->size, &a);

	if (result != EMUL_DONE) {
		return result;
	}
	return store(r, a, alu_unary(i->op, i->size, a, &r->flags));
}

static enum emul_result run_bit(struct run *r)
{
	const struct insn *i = r->i;
	uint64_t bit = operand_value(r->e, i, i->src, i->size);
	uint64_t a = 0;
	uint64_t value;
	enum emul_result result = load(r, i->dst, i->size, &a);

	if (result != EMUL_DONE) {
		return result;
	}
	value = alu_bit(i->op, i->size, a, bit, &r->flags);
	return i->op == OP_BT ? EMUL_DONE : store(r, a, value);
}

static enum emul_result run_move(struct run *r)
{
	const struct insn *i = r->i;
	uint64_t value = 0;
	enum emul_result result = load(r, i->src, i->source_size, &value);

	if (result != EMUL_DONE) {
		return result;
	}
	if (i->op == OP_MOVSX) {
		value = alu_sign_extend(value, i->source_size);
	}
	return store(r, 0, value);
}

/* The destination gets `value`, the source what the destination held. */
static enum emul_result exchange(struct run *r, uint64_t old, uint64_t value)
{
	const struct insn *i = r->i;
	enum emul_result result;

	if (i->dst.kind != OPERAND_MEM) {
		/* XADD of a register to itself: the sum is written last. */
		operand_set(r->e, i->src, i->size, old);
		return store(r, old, value);
	}
	result = store(r, old, value);
	if (result == EMUL_DONE) {
		operand_set(r->e, i->src, i->size, old);
	}
	return result;
}

static enum emul_result run_exchange(struct run *r)
{
	const struct insn *i = r->i;
	uint64_t value = operand_value(r->e, i, i->src, i->size);
	uint64_t old = 0;
	enum emul_result result = load(r, i->dst, i->size, &old);

	if (result != EMUL_DONE) {
		return result;
	}
	if (i->op == OP_XADD) {
		value = alu_binary(OP_ADD, i->size, old, value, &r->flags);
	}
	return exchange(r, old, value);
}

static enum emul_result run_cmpxchg(struct run *r)
{
	const struct insn *i = r->i;
	uint64_t value = operand_value(r->e, i, i->src, i->size);
	uint64_t expected = operand_reg_read(r->e, EMUL_RAX, i->size);
	uint64_t old = 0;
	enum emul_result result = load(r, i->dst, i->size, &old);

	if (result != EMUL_DONE) {
		return result;
	}
	alu_binary(OP_CMP, i->size, expected, old, &r->flags);
	if (expected == old) {
		return store(r, old, value);
	}
	operand_set(r->e, accumulator, i->size, old);
	return EMUL_DONE;
}

static uint64_t read_pair(struct emul *e, enum emul_reg high, enum emul_reg low)
{
	return operand_reg_read(e, high, 4) << 32 | operand_reg_read(e, low, 4);
}

static enum emul_result run_cmpxchg8b(struct run *r)
{
	struct emul *e = r->e;
	uint64_t old = 0;
	enum emul_result result = load(r, r->i->dst, 8, &old);

	if (result != EMUL_DONE) {
		return result;
	}
	if (read_pair(e, EMUL_RDX, EMUL_RAX) == old) {
		r->flags |= FLAG_ZF;
		return store(r, old, read_pair(e, EMUL_RCX, EMUL_RBX));
	}
	r->flags &= ~FLAG_ZF;
	operand_reg_write(e, EMUL_RAX, 4, old);
	operand_reg_write(e, EMUL_RDX, 4, old >> 32);
	return EMUL_DONE;
}

/* Size of the stack pointer: APM 2 4.7.3. */
static unsigned int stack_size(struct emul *e)
{
	struct emul_segment ss;

	if (e->mode == INSN_MODE_64) {
		return 8;
	}
	e->ops->segment_read(e, SEG_SS, &ss);
	return ss.attr & SEGMENT_DEFAULT_BIG ? 4 : 2;
}

static enum emul_result run_push(struct run *r)
{
	struct emul *e = r->e;
	unsigned int size = stack_size(e);
	uint64_t sp = e->ops->reg_read(e, EMUL_RSP) - r->i->size;
	struct emul_access top;
	uint64_t value = 0;
	enum emul_result result;

	result = operand_access(e, SEG_SS, alu_truncate(sp, size), r->i->size,
				true, &top);
	if (result == EMUL_DONE) {
		result = load(r, r->i->dst, r->i->size, &value);
	}
	if (result == EMUL_DONE) {
		result = e->ops->mem_write(e, top, value);
	}
	if (result == EMUL_DONE) {
		operand_reg_write(e, EMUL_RSP, size, sp);
	}
	return result;
}

static enum emul_result run_pop(struct run *r)
{
	struct emul *e = r->e;
	unsigned int size = stack_size(e);
	uint64_t sp = operand_reg_read(e, EMUL_RSP, size);
	struct emul_access top;
	uint64_t value = 0;
	enum emul_result result;

	result = operand_access(e, SEG_SS, sp, r->i->size, false, &top);
	if (result == EMUL_DONE) {
		result = e->ops->mem_read(e, top, &value);
	}
	if (result == EMUL_DONE) {
		result = store(r, 0, value);
	}
	if (result == EMUL_DONE) {
		operand_reg_write(e, EMUL_RSP, size, sp + r->i->size);
	}
	return result;
}

static uint16_t port_of(const struct run *r)
{
	if (r->i->src.kind == OPERAND_IMM) {
		return (uint8_t)r->i->immediate;
	}
	return (uint16_t)operand_reg_read(r->e, EMUL_RDX, 2);
}

static enum emul_result run_in(struct run *r)
{
	uint64_t value = 0;
	enum emul_result result;

	result = r->e->ops->port_read(r->e, port_of(r), r->i->size, &value);
	if (result == EMUL_DONE) {
		operand_set(r->e, accumulator, r->i->size, value);
	}
	return result;
}

static enum emul_result run_out(struct run *r)
{
	uint64_t value = operand_reg_read(r->e, EMUL_RAX, r->i->size);

	return r->e->ops->port_write(r->e, port_of(r), r->i->size, value);
}

typedef enum emul_result run_fn(struct run *r);

static run_fn *const run_table[] = {
	[OP_ADD] = run_binary,      [OP_OR] = run_binary,
	[OP_ADC] = run_binary,      [OP_SBB] = run_binary,
	[OP_AND] = run_binary,      [OP_SUB] = run_binary,
	[OP_XOR] = run_binary,      [OP_CMP] = run_binary,
	[OP_TEST] = run_binary,     [OP_NOT] = run_unary,
	[OP_NEG] = run_unary,       [OP_INC] = run_unary,
	[OP_DEC] = run_unary,       [OP_MOV] = run_move,
	[OP_MOVZX] = run_move,      [OP_MOVSX] = run_move,
	[OP_XCHG] = run_exchange,   [OP_XADD] = run_exchange,
	[OP_CMPXCHG] = run_cmpxchg, [OP_CMPXCHG8B] = run_cmpxchg8b,
	[OP_BT] = run_bit,          [OP_BTS] = run_bit,
	[OP_BTR] = run_bit,         [OP_BTC] = run_bit,
	[OP_PUSH] = run_push,       [OP_POP] = run_pop,
	[OP_IN] = run_in,           [OP_OUT] = run_out,
};

#define READS_ONLY (BIT(OP_CMP) | BIT(OP_TEST) | BIT(OP_BT) | BIT(OP_PUSH))

static enum emul_result find_memory(struct run *r)
{
	const struct insn *i = r->i;
	bool is_dst = i->dst.kind == OPERAND_MEM;

	if (!is_dst && i->src.kind != OPERAND_MEM) {
		return EMUL_DONE;
	}
	return operand_access(r->e, i->memory.segment, operand_offset(r->e, i),
			      is_dst ? i->size : i->source_size,
			      is_dst && !(READS_ONLY & BIT(i->op)), &r->at);
}

enum emul_result emul_execute(struct emul *e, const struct insn *i)
{
	struct run r = { .e = e, .i = i };
	enum emul_result result;
	uint64_t flags;

	if (string_insn_is(i->op)) {
		return string_insn_execute(e, i);
	}
	flags = e->ops->reg_read(e, EMUL_RFLAGS);
	r.flags = flags;
	result = find_memory(&r);
	if (result == EMUL_DONE) {
		result = run_table[i->op](&r);
	}
	if (result != EMUL_DONE) {
		return result;
	}
	if (r.flags != flags) {
		e->ops->reg_write(e, EMUL_RFLAGS, r.flags);
	}
	operand_retire(e, i);
	e->ops->commit(e);
	return EMUL_DONE;
}
