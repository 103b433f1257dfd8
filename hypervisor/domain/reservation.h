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
