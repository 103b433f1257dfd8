/* SPDX-License-Identifier: MIT */
/*
 * Memory that a guest has beside the memory map it was made with.
 */
#pragma once

#include <stdint.h>
#include <xen/xen.h>

#include "libctl/build/layout.h"

#define ADDED_MAX   2u   /* below 4 GiB, and above */
#define ADDED_BATCH 256u /* pages that are tried at one go */

struct added_search {
	struct corbel *c;
	uint32_t domid;
	uint64_t left; /* pages that are still to be found */
	/* Asked now and then: other than 0 ends the search, which returns that. */
	int (*go_on)(void *context);
	void *context;
	xen_pfn_t gfns[ADDED_BATCH]; /* scratch */
	int missing[ADDED_BATCH];
};

/* Finds the places of `s->left` pages: in `out`, of which those without pages are
 * empty. 0, or -1 with an error. Pages that are not where Linux adds memory are
 * not found. */
int added_find(struct added_search *s, const struct layout *l,
	       struct range out[ADDED_MAX]);
