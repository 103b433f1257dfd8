/* SPDX-License-Identifier: MIT */
/*
 * Runs one decoded instruction for a guest that touches emulated memory or
 * string ports.
 *
 * All of an instruction's memory (of one round of a repeated one) is resolved
 * before anything is read or written; after that nothing can fail. So after
 * EMUL_FAULT and EMUL_AGAIN nothing has happened, and no device was asked.
 */
#pragma once

#include "lib/addr.h"
#include "virt/emul/insn.h"

enum emul_result {
	EMUL_DONE,  /* the instruction pointer is behind the instruction */
	EMUL_AGAIN, /* not done, or not all rounds: run the guest */
	EMUL_FAULT, /* the guest gets the exception in emul.fault */
};

enum emul_reg {
	EMUL_RAX = 0,
	EMUL_RCX = 1,
	EMUL_RDX = 2,
	EMUL_RSI = 6,
	EMUL_RDI = 7,
};

/* Attributes as in the VMCB: descriptor bits 55:52 and 47:40 in 11:0. */
#define SEGMENT_WRITABLE    BIT(1) /* data; in code: readable */
#define SEGMENT_EXPAND_DOWN BIT(2) /* data */
#define SEGMENT_CODE        BIT(3)
#define SEGMENT_PRESENT     BIT(7) /* clear in an unusable one */
#define SEGMENT_LONG        BIT(9)
#define SEGMENT_DEFAULT_BIG BIT(10)

struct emul_segment {
	uint64_t base;
	uint32_t limit; /* in bytes */
	uint16_t attr;
};

/* An exception. In real mode and virtual-8086 ones, drop the error code. */
struct emul_fault {
	uint8_t vector;
	bool has_error;
	uint32_t error;
	uint64_t cr2; /* #PF */
};

struct emul {
	uint64_t *gpr; /* 16, in the order of their numbers */
	uint64_t rip;
	uint64_t rflags;
	enum insn_mode mode;
	bool is_protected; /* CR0.PE and not virtual-8086 */
	struct emul_fault fault;
};

/* A run of bytes at a linear address; it may cross one page end. */
struct emul_access {
	uint64_t linear; /* canonical */
	uint8_t size;    /* 1, 2, 4 or 8 */
	bool is_write;   /* also of a read whose location is written next */
	bool is_locked;
	uint8_t first; /* bytes at at[0]; emul_resolve() sets this and those */
	gaddr_t at[2];
};

/* Size of the code that `cs_attr` describes. `is_lma` is EFER.LMA. */
static inline enum insn_mode emul_mode(uint16_t cs_attr, bool is_lma)
{
	if (is_lma && (cs_attr & SEGMENT_LONG)) {
		return INSN_MODE_64;
	}
	return cs_attr & SEGMENT_DEFAULT_BIG ? INSN_MODE_32 : INSN_MODE_16;
}

/*
 * Runs `i`, found at the guest's instruction pointer. Repeated instructions
 * do at most EMUL_ROUNDS rounds in a call. Interrupt shadow, single step and
 * permissions of ports are the caller's.
 */
enum emul_result emul_execute(struct emul *e, const struct insn *i);

#define EMUL_ROUNDS 64

/*
 * The guest's memory, devices and segments: defined by whoever links this.
 * Resolving sets `at` and `first`, or returns EMUL_FAULT with e->fault set, or
 * EMUL_AGAIN when the CPU can do the access by itself after all.
 */
enum emul_result emul_resolve(struct emul *e, struct emul_access *a);
uint64_t emul_read(struct emul *e, const struct emul_access *a);
void emul_write(struct emul *e, const struct emul_access *a, uint64_t value);
uint64_t emul_in(struct emul *e, uint16_t port, unsigned int size);
void emul_out(struct emul *e, uint16_t port, unsigned int size, uint64_t value);
void emul_segment(struct emul *e, enum insn_segment segment,
		  struct emul_segment *out);
