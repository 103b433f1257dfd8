/* SPDX-License-Identifier: MIT */
/*
 * One x86 instruction: what its bytes mean, and how long it is.
 *
 * Pure functions of the code size and the bytes. `insn_length()` is for the
 * instructions that an intercept names, where the CPU gives no length;
 * `insn_decode()` is for those that touch emulated memory or ports.
 */
#pragma once

#include "lib/types.h"

#define INSN_MAX_LENGTH 15 /* AMD APM 3 1.1: longer ones raise #GP */

/* Both functions return a length of 1..15 or one of these. */
#define INSN_NEED_MORE 0  /* the bytes end inside the instruction */
#define INSN_UNKNOWN   -1 /* another instruction, or none at all */

/* Default operand and address size of the running code. */
enum insn_mode { INSN_MODE_16, INSN_MODE_32, INSN_MODE_64 };

enum insn_intercept {
	INSN_CLGI,
	INSN_CLTS,
	INSN_CPUID,
	INSN_HLT,
	INSN_ICEBP,
	INSN_INT3,
	INSN_INTN,
	INSN_INTO,
	INSN_INVD,
	INSN_INVLPG,
	INSN_INVLPGA,
	INSN_INVPCID,
	INSN_IO, /* IN, OUT, INS and OUTS of every form */
	INSN_IRET,
	INSN_LGDT,
	INSN_LIDT,
	INSN_LLDT,
	INSN_LMSW,
	INSN_LTR,
	INSN_MONITOR,
	INSN_MOV_CR,
	INSN_MOV_DR,
	INSN_MWAIT,
	INSN_PAUSE,
	INSN_POPF,
	INSN_PUSHF,
	INSN_RDMSR,
	INSN_RDPMC,
	INSN_RDTSC,
	INSN_RDTSCP,
	INSN_RSM,
	INSN_SGDT,
	INSN_SIDT,
	INSN_SKINIT,
	INSN_SLDT,
	INSN_SMSW,
	INSN_STGI,
	INSN_STR,
	INSN_VMCALL,
	INSN_VMLOAD,
	INSN_VMMCALL,
	INSN_VMRUN,
	INSN_VMSAVE,
	INSN_WBINVD, /* and WBNOINVD */
	INSN_WRMSR,
	INSN_XSETBV,
};

/* A MOV between a general register and a control or debug register. */
struct insn_control {
	bool is_debug;
	bool is_write; /* to the control or debug register */
	uint8_t index;
	uint8_t gpr;
};

/* The eight of the ALU block are in the order of the opcode map. */
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
	OP_NOT,
	OP_NEG,
	OP_INC,
	OP_DEC,
	OP_MOV,
	OP_MOVZX,
	OP_MOVSX,
	OP_XCHG,
	OP_XADD,
	OP_CMPXCHG,
	OP_CMPXCHG8B,
	OP_BT,
	OP_BTS,
	OP_BTR,
	OP_BTC,
	OP_PUSH,
	OP_POP,
	OP_IN,
	OP_OUT,
	OP_MOVS,
	OP_CMPS,
	OP_STOS,
	OP_LODS,
	OP_SCAS,
	OP_INS,
	OP_OUTS,
};

/* In the order of the hardware's encodings. */
enum insn_segment { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS };

enum insn_rep { REP_NONE, REP_EQUAL, REP_NOT_EQUAL };

enum insn_operand_kind {
	OPERAND_NONE,
	OPERAND_REG,
	OPERAND_HIGH, /* AH, CH, DH, BH: bits 15:8 of registers 0..3 */
	OPERAND_MEM,
	OPERAND_IMM,
};

struct insn_operand {
	enum insn_operand_kind kind;
	uint8_t reg;
};

#define INSN_NO_REG 0xff

/* The one memory operand; strings use only its segment. */
struct insn_memory {
	enum insn_segment segment;
	uint8_t base;  /* register, or INSN_NO_REG */
	uint8_t index; /* register, or INSN_NO_REG */
	uint8_t shift; /* of the index */
	bool is_rip_relative;
	uint64_t displacement; /* sign-extended */
};

struct insn {
	enum insn_op op;
	enum insn_rep rep;
	bool is_locked;
	uint8_t length;
	uint8_t size;         /* of the operation, in bytes */
	uint8_t source_size;  /* differs from size for MOVZX and MOVSX */
	uint8_t address_size; /* in bytes */
	struct insn_operand dst;
	struct insn_operand src;
	struct insn_memory memory;
	uint64_t immediate; /* sign-extended */
};

/*
 * Length of the instruction that an intercept of `what` stopped at, or
 * INSN_NEED_MORE, or INSN_UNKNOWN when the bytes are not that instruction
 * (another vCPU may have rewritten them). Reads at most `count` bytes.
 */
int insn_length(enum insn_mode mode, const uint8_t *bytes, size_t count,
		enum insn_intercept what);

/* As insn_length() for INSN_MOV_CR or INSN_MOV_DR, and which registers. */
int insn_control(enum insn_mode mode, const uint8_t *bytes, size_t count,
		 struct insn_control *out);

/*
 * Decodes the instructions that operating systems use on device memory and
 * ports. Returns the length, also found in `out`, or INSN_NEED_MORE or
 * INSN_UNKNOWN with `out` undefined. Reads at most `count` bytes.
 */
int insn_decode(enum insn_mode mode, const uint8_t *bytes, size_t count,
		struct insn *out);
