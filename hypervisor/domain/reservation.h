/* SPDX-License-Identifier: MIT */
/*
 * How much of the pool a domain has: taking frames, giving them back, and
 * claims, which set frames aside for a domain before it takes them.
 */
#pragma once

#include "lib/addr.h"

struct domain;

/*
 * 2^order frames become RAM at `g`, aligned: from the pool, or in a one-to-one
 * domain those frames that belong at `g`. Errors: -XEN_EINVAL, -XEN_EBUSY
 * (something is mapped there), -XEN_ENOMEM (pool, limit, or table memory),
 * -XEN_EAGAIN (frames are being scrubbed: ask again).
 */
int reservation_populate(struct domain *d, gfn_t g,
			 unsigned int order) must_check;

/*
 * Sets aside what `d` lacks to have `frames` in all; 0 ends a claim. It shrinks
 * as `d` takes frames. -XEN_ENOMEM, -XEN_EINVAL (beyond its limit).
 */
int reservation_claim(struct domain *d, uint64_t frames) must_check;

/* Claimed by all domains together. */
uint64_t reservation_claimed(void);
