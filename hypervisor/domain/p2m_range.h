/* SPDX-License-Identifier: MIT */
/* Questions about more than one gfn. Like look-ups, they take no lock. */
#pragma once

#include "domain/p2m.h"

/* True when nothing at all is mapped in 2^order gfns from `g`, aligned. */
bool p2m_range_is_empty(struct domain *d, gfn_t g, unsigned int order);

/* The highest mapped gfn, GFN_NONE when there is none. */
gfn_t p2m_range_last(struct domain *d);
