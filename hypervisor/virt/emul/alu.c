/* SPDX-License-Identifier: MIT */
/* Results and flags: AMD APM 3 chapter 3, "rFLAGS affected" of each one. */
#include "virt/emul/alu.h"

#define FLAGS_ALL (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

/* Bit `b` of `a`, taken modulo the size. */
static uint64_t test_bit(enum insn_op op, unsigned int size, uint64_t a,
			 uint64_t b, uint64_t *flags)
{
	const uint64_t mask = BIT(b & (8 * size - 1));

	*flags = (*flags & ~FLAG_CF) | (a & mask ? FLAG_CF : 0);
	if (op == OP_BTS) {
		return a | mask;
	}
	return op == OP_BTR ? a & ~mask : a ^ mask;
}

uint64_t alu(enum insn_op op, unsigned int size, uint64_t a, uint64_t b,
	     uint64_t *flags)
{
	const unsigned int top = 8 * size - 1;
	const uint64_t carry = *flags & FLAG_CF;
	uint64_t carries = 0;  /* in each bit: the carry out of it */
	uint64_t overflow = 0; /* counts in the top bit */
	uint64_t half = 0;     /* in bit 4: the carry into it */
	uint64_t r;

	switch ((int)op) {
	case OP_BT:
	case OP_BTS:
	case OP_BTR:
	case OP_BTC:
		return test_bit(op, size, a, b, flags);
	case OP_OR:
		r = a | b;
		break;
	case OP_XOR:
		r = a ^ b;
		break;
	case OP_AND:
	case OP_TEST:
		r = a & b;
		break;
	case OP_ADD:
	case OP_ADC:
		r = a + b + (op == OP_ADC ? carry : 0);
		carries = (a & b) | ((a | b) & ~r);
		overflow = (a ^ r) & (b ^ r);
		half = a ^ b ^ r;
		break;
	default: /* OP_SUB, OP_SBB, OP_CMP */
		r = a - b - (op == OP_SBB ? carry : 0);
		carries = (~a & b) | ((~a | b) & r);
		overflow = (a ^ b) & (a ^ r);
		half = a ^ b ^ r;
		break;
	}

	r = alu_truncate(r, size);
	*flags = (*flags & ~FLAGS_ALL) | (carries >> top & 1 ? FLAG_CF : 0) |
		 (overflow >> top & 1 ? FLAG_OF : 0) | (half & FLAG_AF) |
		 (__builtin_parity((uint8_t)r) ? 0 : FLAG_PF) |
		 (r == 0 ? FLAG_ZF : 0) | (r >> top & 1 ? FLAG_SF : 0);
	return r;
}
