/* SPDX-License-Identifier: MIT */
/* Where a domain's RAM comes from. */
#pragma once

#include "lib/addr.h"

struct domain;

/*
 * 2^order frames (order 0 or 9) become RAM at `g`, aligned: from the pool, or
 * in a one-to-one domain those that belong at `g`. Errors: -XEN_EINVAL,
 * -XEN_EBUSY (something is mapped there), -XEN_ENOMEM (pool, limit, or table
 * memory), -XEN_EAGAIN (frames are being scrubbed: ask again).
 */
int reservation_populate(struct domain *d, gfn_t g,
			 unsigned int order) must_check;

/*
 * Keeps room in the pool for a domain that is to have `frames` in all; what it
 * takes comes off. -XEN_EINVAL (it has a claim, has more already, may not have
 * so many, dies, or takes nothing from the pool), -XEN_ENOMEM.
 */
int reservation_claim(struct domain *d, uint64_t frames) must_check;
/* What is left of it goes back to everybody. */
void reservation_unclaim(struct domain *d);
/* Frames of the pool that are claimed, by all domains. */
uint64_t reservation_claimed(void);
