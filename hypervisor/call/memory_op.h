/* SPDX-License-Identifier: MIT */
/* Between the files of HYPERVISOR_memory_op. */
#pragma once

#include "call/call.h"

/*
 * The operation is in the low six bits of arg[0]; above them a number of
 * extents (frames, entries) that are done, which is how we remember when a call
 * goes on after an interruption.
 */
#define MEMORY_OP_BITS 6
#define MEMORY_OP_MASK (BIT(MEMORY_OP_BITS) - 1)

/* Extents at one go. */
#define MEMORY_OP_STEP 64u

static inline uint64_t memory_op_done(const struct call *c)
{
	return c->arg[0] >> MEMORY_OP_BITS;
}

/* The call goes on with extent `done`. */
static inline long memory_op_again(struct call *c, uint64_t done)
{
	c->arg[0] = (c->arg[0] & MEMORY_OP_MASK) | done << MEMORY_OP_BITS;
	return CALL_AGAIN;
}

/* In memory_build.c. */
long memory_op_claim(struct call *c, void *arg);
long memory_op_set_map(struct call *c, void *arg);

/* In memory_physmap.c. */
long memory_op_add(struct call *c, void *arg);
long memory_op_add_batch(struct call *c, void *arg);
long memory_op_remove(struct call *c, void *arg);
long memory_op_resource(struct call *c, void *arg);
