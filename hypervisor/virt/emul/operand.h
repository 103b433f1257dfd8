/* SPDX-License-Identifier: MIT */
/* Inside the executor: operands in registers, in memory, immediate. */
#pragma once

#include "virt/emul/emul.h"

/* The general register `reg`, truncated to `size` bytes. */
uint64_t operand_reg_read(struct emul *e, unsigned int reg, unsigned int size);

/* Writes as instructions do: 4 bytes clear the upper half, 1 and 2 keep it. */
void operand_reg_write(struct emul *e, unsigned int reg, unsigned int size,
		       uint64_t value);

/*
 * Checks `offset` in `segment` for an access of `size` bytes and gives the
 * access with its linear address. Returns EMUL_FAULT with #GP or #SS, or
 * EMUL_DONE.
 */
enum emul_result operand_access(struct emul *e, enum insn_segment segment,
				uint64_t offset, unsigned int size,
				bool is_write, struct emul_access *out);

/* Offset of the memory operand in its segment. */
uint64_t operand_offset(struct emul *e, const struct insn *i);

/* Value of a register or immediate operand, truncated to `size`. */
uint64_t operand_value(struct emul *e, const struct insn *i,
		       struct insn_operand o, unsigned int size);

/* Writes a register operand. */
void operand_set(struct emul *e, struct insn_operand o, unsigned int size,
		 uint64_t value);

/* Moves the instruction pointer behind `i`. */
void operand_retire(struct emul *e, const struct insn *i);
