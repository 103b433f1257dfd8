/* SPDX-License-Identifier: MIT */
/*
 * Runs one decoded instruction over accessors, for guests that touch emulated
 * memory or ports. Pure: all state is behind `emul_ops`.
 *
 * Nothing of an instruction, or of one round of a repeated one, is committed
 * before its last access has succeeded. So after EMUL_RETRY or EMUL_FAULT the
 * same call may be made again, and asks for the same accesses in the same
 * order; accessors keep what a device has answered until `commit`.
 */
#pragma once

#include "virt/emul/insn.h"

enum emul_result {
	EMUL_DONE,  /* the instruction pointer is behind the instruction */
	EMUL_AGAIN, /* not done, but nothing to wait for: run the guest */
	EMUL_RETRY, /* an accessor has no answer yet: call when it has */
	EMUL_FAULT, /* the guest gets the exception in emul.fault */
};

/* 0..15 are the general registers. */
enum emul_reg {
	EMUL_RAX = 0,
	EMUL_RCX = 1,
	EMUL_RDX = 2,
	EMUL_RBX = 3,
	EMUL_RSP = 4,
	EMUL_RSI = 6,
	EMUL_RDI = 7,
	EMUL_RIP = 16,
	EMUL_RFLAGS = 17,
};

/* Attributes as in the VMCB: descriptor bits 55:52 and 47:40 in 11:0. */
#define SEGMENT_ACCESSED    BIT(0)
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

struct emul_access {
	uint64_t linear; /* canonical; the access may cross a page */
	uint8_t size;    /* 1, 2, 4 or 8 */
	bool is_write;   /* also of a read whose location is written next */
};

/* An exception. In real mode and virtual-8086 ones, drop the error code. */
struct emul_fault {
	uint8_t vector;
	bool has_error;
	uint32_t error;
	uint64_t cr2; /* #PF */
};

struct emul;

/*
 * Register accessors cannot fail. The others return EMUL_DONE, EMUL_RETRY, or
 * EMUL_FAULT after emul_raise(); permissions of ports are checked by whoever
 * calls.
 */
struct emul_ops {
	uint64_t (*reg_read)(struct emul *e, enum emul_reg reg);
	void (*reg_write)(struct emul *e, enum emul_reg reg, uint64_t value);
	void (*segment_read)(struct emul *e, enum insn_segment segment,
			     struct emul_segment *out);
	enum emul_result (*mem_read)(struct emul *e, struct emul_access a,
				     uint64_t *value);
	enum emul_result (*mem_write)(struct emul *e, struct emul_access a,
				      uint64_t value);
	/*
	 * The write of a locked instruction that has read `old` before:
	 * in RAM a compare-and-exchange that answers EMUL_AGAIN when the
	 * value has changed, on a device a plain write.
	 */
	enum emul_result (*mem_update)(struct emul *e, struct emul_access a,
				       uint64_t old, uint64_t value);
	enum emul_result (*port_read)(struct emul *e, uint16_t port,
				      unsigned int size, uint64_t *value);
	enum emul_result (*port_write)(struct emul *e, uint16_t port,
				       unsigned int size, uint64_t value);
	/* An instruction or one round is complete: forget answers kept. */
	void (*commit)(struct emul *e);
};

struct emul {
	const struct emul_ops *ops;
	void *ctx;
	enum insn_mode mode;
	bool is_protected;   /* CR0.PE and not virtual-8086 */
	uint8_t linear_bits; /* 48, or 57 with CR4.LA57; for 64-bit code */
	struct emul_fault fault;
};

/* Size of the code that `cs_attr` describes. `is_lma` is EFER.LMA. */
static inline enum insn_mode emul_mode(uint16_t cs_attr, bool is_lma)
{
	if (is_lma && (cs_attr & SEGMENT_LONG)) {
		return INSN_MODE_64;
	}
	return cs_attr & SEGMENT_DEFAULT_BIG ? INSN_MODE_32 : INSN_MODE_16;
}

/* Notes the exception an accessor wants raised; returns EMUL_FAULT. */
enum emul_result emul_raise(struct emul *e, struct emul_fault fault);

/*
 * Runs `i`, found at the guest's instruction pointer. Repeated instructions
 * do at most EMUL_ROUNDS rounds in a call. Interrupt shadow and single step
 * are the caller's.
 */
enum emul_result emul_execute(struct emul *e, const struct insn *i);

#define EMUL_ROUNDS 64
