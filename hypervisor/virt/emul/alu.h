/* SPDX-License-Identifier: MIT */
/* Arithmetic of 1, 2, 4 or 8 bytes with the six arithmetic flags. */
#pragma once

#include "virt/emul/insn.h"

#define FLAG_CF BIT(0)
#define FLAG_PF BIT(2)
#define FLAG_AF BIT(4)
#define FLAG_ZF BIT(6)
#define FLAG_SF BIT(7)
#define FLAG_DF BIT(10)
#define FLAG_OF BIT(11)

/* The low `size` bytes of `value`. */
static inline uint64_t alu_truncate(uint64_t value, unsigned int size)
{
	return size == 8 ? value : value & (BIT(8 * size) - 1);
}

static inline uint64_t alu_sign_extend(uint64_t value, unsigned int size)
{
	const unsigned int unused = 64 - 8 * size;

	return (uint64_t)((int64_t)(value << unused) >> unused);
}

/*
 * `a` op `b` for OP_ADD to OP_BTC, both of `size` bytes; of OP_CMP, OP_TEST and
 * OP_BT only the flags count. Flags the manual leaves undefined are cleared by
 * arithmetic and kept by bit tests.
 */
uint64_t alu(enum insn_op op, unsigned int size, uint64_t a, uint64_t b,
	     uint64_t *flags);
