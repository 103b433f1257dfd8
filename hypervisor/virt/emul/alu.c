/* SPDX-License-Identifier: MIT */
/* Results and flags: AMD APM 3 chapter 3, "rFLAGS affected" of each one. */
#include "virt/emul/alu.h"

#define FLAGS_RESULT (FLAG_PF | FLAG_ZF | FLAG_SF)
#define FLAGS_ALL    (FLAGS_RESULT | FLAG_CF | FLAG_AF | FLAG_OF)

static bool sign_of(uint64_t value, unsigned int size)
{
	return value >> (8 * size - 1) & 1;
}

static uint64_t result_flags(uint64_t result, unsigned int size)
{
	uint64_t flags = 0;

	if (!__builtin_parity((uint8_t)result)) {
		flags |= FLAG_PF;
	}
	if (result == 0) {
		flags |= FLAG_ZF;
	}
	if (sign_of(result, size)) {
		flags |= FLAG_SF;
	}
	return flags;
}

static uint64_t add(unsigned int size, uint64_t a, uint64_t b, uint64_t carry,
		    uint64_t *flags)
{
	uint64_t r = alu_truncate(a + b + carry, size);

	*flags = result_flags(r, size) | ((a ^ b ^ r) & FLAG_AF);
	if (sign_of((a & b) | ((a | b) & ~r), size)) {
		*flags |= FLAG_CF;
	}
	if (sign_of((a ^ r) & (b ^ r), size)) {
		*flags |= FLAG_OF;
	}
	return r;
}

static uint64_t subtract(unsigned int size, uint64_t a, uint64_t b,
			 uint64_t borrow, uint64_t *flags)
{
	uint64_t r = alu_truncate(a - b - borrow, size);

	*flags = result_flags(r, size) | ((a ^ b ^ r) & FLAG_AF);
	if (sign_of((~a & b) | ((~a | b) & r), size)) {
		*flags |= FLAG_CF;
	}
	if (sign_of((a ^ b) & (a ^ r), size)) {
		*flags |= FLAG_OF;
	}
	return r;
}

static uint64_t logic(unsigned int size, uint64_t r, uint64_t *flags)
{
	*flags = result_flags(r, size);
	return r;
}

static void replace_flags(uint64_t *flags, uint64_t mask, uint64_t value)
{
	*flags = (*flags & ~mask) | (value & mask);
}

uint64_t alu_binary(enum insn_op op, unsigned int size, uint64_t a, uint64_t b,
		    uint64_t *flags)
{
	uint64_t carry = *flags & FLAG_CF;
	uint64_t changed = 0;
	uint64_t r = 0;

	a = alu_truncate(a, size);
	b = alu_truncate(b, size);
	switch ((int)op) {
	case OP_ADD:
		r = add(size, a, b, 0, &changed);
		break;
	case OP_ADC:
		r = add(size, a, b, carry, &changed);
		break;
	case OP_SUB:
	case OP_CMP:
		r = subtract(size, a, b, 0, &changed);
		break;
	case OP_SBB:
		r = subtract(size, a, b, carry, &changed);
		break;
	case OP_OR:
		r = logic(size, a | b, &changed);
		break;
	case OP_XOR:
		r = logic(size, a ^ b, &changed);
		break;
	case OP_AND:
	case OP_TEST:
		r = logic(size, a & b, &changed);
		break;
	}
	replace_flags(flags, FLAGS_ALL, changed);
	return r;
}

uint64_t alu_unary(enum insn_op op, unsigned int size, uint64_t a,
		   uint64_t *flags)
{
	uint64_t changed = 0;
	uint64_t r;

	a = alu_truncate(a, size);
	if (op == OP_NOT) {
		return alu_truncate(~a, size);
	}
	if (op == OP_NEG) {
		r = subtract(size, 0, a, 0, &changed);
		replace_flags(flags, FLAGS_ALL, changed);
		return r;
	}
	r = op == OP_INC ? add(size, a, 1, 0, &changed)
			 : subtract(size, a, 1, 0, &changed);
	replace_flags(flags, FLAGS_ALL & ~FLAG_CF, changed);
	return r;
}

uint64_t alu_bit(enum insn_op op, unsigned int size, uint64_t a, uint64_t bit,
		 uint64_t *flags)
{
	uint64_t mask = BIT(bit & (8 * size - 1));

	replace_flags(flags, FLAG_CF, a & mask ? FLAG_CF : 0);
	if (op == OP_BTS) {
		return a | mask;
	}
	if (op == OP_BTR) {
		return a & ~mask;
	}
	return op == OP_BTC ? a ^ mask : a;
}
