/* SPDX-License-Identifier: MIT */
/*
 * Claims: which virtual device answers at which addresses. One sorted table
 * for a domain's memory-mapped registers (mmio.h), one for its ports (pio.h).
 *
 * Look-ups take no lock: a changed table is a new one, and the old one is freed
 * after a quiescent point. A context must therefore outlive its claim by a
 * quiescent point too.
 */
#pragma once

#include "arch/x86/spinlock.h"
#include "lib/types.h"

struct vcpu;
struct claim_table;

/*
 * What a device does with an access of 1, 2, 4 or 8 bytes that lies wholly in
 * its claim. `offset` counts from the claim's start. They run on the vCPU's
 * pCPU with no lock held. A read's bits beyond `size` are ignored.
 */
struct claim_ops {
	uint64_t (*read)(void *context, struct vcpu *v, uint64_t offset,
			 unsigned int size);
	void (*write)(void *context, struct vcpu *v, uint64_t offset,
		      unsigned int size, uint64_t value);
};

struct claim {
	uint64_t start;
	uint64_t end;                /* first address behind it */
	const struct claim_ops *ops; /* atomic: NULL when it was removed */
	void *context;
};

struct claim_space {
	struct spinlock lock;      /* LOCK_CLAIM: changes */
	struct claim_table *table; /* atomic; NULL when empty */
};

void claim_space_init(struct claim_space *s);
/* No vCPU uses the space any more. */
void claim_space_destroy(struct claim_space *s);

/* 0, -XEN_EINVAL (empty or wraps), -XEN_EEXIST (overlaps), -XEN_ENOMEM. */
int claim_add(struct claim_space *s, uint64_t start, uint64_t length,
	      const struct claim_ops *ops, void *context) must_check;
/* Removes the claim that starts there, if there is one. Cannot fail. An access
 * that has begun on another pCPU still ends. */
void claim_remove(struct claim_space *s, uint64_t start);

/* The claim that holds `address`, or NULL; good until a quiescent point. */
const struct claim *claim_find(const struct claim_space *s, uint64_t address);

/* True when the access was made; false when no claim holds all of it. */
bool claim_read(const struct claim_space *s, struct vcpu *v, uint64_t address,
		unsigned int size, uint64_t *value);
bool claim_write(const struct claim_space *s, struct vcpu *v, uint64_t address,
		 unsigned int size, uint64_t value);

/* The low `size` bytes; size 1..8. */
static inline uint64_t claim_truncate(uint64_t value, unsigned int size)
{
	return value & (~UINT64_C(0) >> (64 - 8 * size));
}
