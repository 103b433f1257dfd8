/* SPDX-License-Identifier: MIT */
/*
 * One x86 instruction: what its bytes mean, and how long it is.
 *
 * Pure functions of the code size and the bytes. `insn_length()` is for the
 * instructions that an intercept names, where the CPU gives no length;
 * `insn_decode()` is for those that touch emulated memory, and for port
 * strings. Both are asked about an instruction that the CPU has just run into,
 * so forms that it would have refused itself are not told apart.
 */
#pragma once

#include "lib/types.h"

#define INSN_MAX_LENGTH 15 /* AMD APM 3 1.1: longer ones raise #GP */
#define INSN_BYTES      16 /* room for one, in words */

/* Default operand and address size of the running code. */
enum insn_mode { INSN_MODE_16, INSN_MODE_32, INSN_MODE_64 };

enum insn_intercept {
	INSN_CPUID,
	INSN_HLT,
	INSN_INVD,
	INSN_MOV_TO_CR,
	INSN_RDMSR,
	INSN_VMMCALL,
	INSN_WBINVD, /* and WBNOINVD */
	INSN_WRMSR,
};

enum insn_op {
	OP_NONE,
	OP_ADD,
	OP_OR,
	OP_ADC,
	OP_SBB,
	OP_AND,
	OP_SUB,
	OP_XOR,
	OP_CMP,
	OP_TEST,
	OP_BT,
	OP_BTS,
	OP_BTR,
	OP_BTC,
	OP_MOV, /* and MOVZX, MOVNTI */
	OP_MOVSX,
	OP_XCHG,
	/* Strings. */
	OP_MOVS,
	OP_STOS,
	OP_LODS,
	OP_INS,
	OP_OUTS,
};

/* In the order of the hardware's encodings. */
enum insn_segment { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS };

#define INSN_HIGH   0x10 /* with 0..3: AH, CH, DH, BH */
#define INSN_NO_REG 0xff

/*
 * All have one operand in memory; the other is a register or an immediate.
 * Strings have theirs at RSI and RDI, and use only the segment.
 */
struct insn {
	enum insn_op op;
	uint8_t length;
	uint8_t size;         /* of the operation, in bytes */
	uint8_t memory_size;  /* smaller for MOVZX and MOVSX */
	uint8_t address_size; /* in bytes */
	bool is_locked;
	bool is_repeated;
	bool is_load; /* the memory operand is the source */

	bool has_immediate;
	uint8_t reg;
	uint64_t immediate; /* sign-extended */

	enum insn_segment segment;
	uint8_t base;  /* register, or INSN_NO_REG */
	uint8_t index; /* register, or INSN_NO_REG */
	uint8_t shift; /* of the index */
	bool is_rip_relative;
	uint64_t displacement; /* sign-extended */
};

/*
 * Length of the instruction that an intercept of `what` stopped at, or 0 when
 * the first `count` bytes are not all of that instruction (another vCPU may
 * have rewritten them).
 */
unsigned int insn_length(enum insn_mode mode, const uint8_t bytes[INSN_BYTES],
			 size_t count, enum insn_intercept what);

/*
 * Decodes the instructions that operating systems use on device memory, and
 * INS and OUTS. Returns the length, or 0 with `out` undefined when the first
 * `count` bytes are another instruction or not all of one.
 */
unsigned int insn_decode(enum insn_mode mode, const uint8_t bytes[INSN_BYTES],
			 size_t count, struct insn *out);
