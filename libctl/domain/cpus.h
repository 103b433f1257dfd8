/* SPDX-License-Identifier: MIT */
/*
 * Sets of pCPUs.
 */
#pragma once

#include <string.h>

#include "libctl/corbel.h"

static inline bool cpus_is_empty(const struct corbel_cpus *cpus)
{
	static const struct corbel_cpus none;

	return memcmp(cpus, &none, sizeof(none)) == 0;
}

static inline bool cpus_equal(const struct corbel_cpus *a,
			      const struct corbel_cpus *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static inline struct corbel_cpus cpus_both(const struct corbel_cpus *a,
					   const struct corbel_cpus *b)
{
	struct corbel_cpus out;

	for (size_t i = 0; i < sizeof(out.bits); i++) {
		out.bits[i] = a->bits[i] & b->bits[i];
	}
	return out;
}

static inline void cpus_add(struct corbel_cpus *to,
			    const struct corbel_cpus *cpus)
{
	for (size_t i = 0; i < sizeof(to->bits); i++) {
		to->bits[i] |= cpus->bits[i];
	}
}

static inline void cpus_take(struct corbel_cpus *from,
			     const struct corbel_cpus *cpus)
{
	for (size_t i = 0; i < sizeof(from->bits); i++) {
		from->bits[i] &= (uint8_t)~cpus->bits[i];
	}
}

/* Those with a number below `count`. */
static inline struct corbel_cpus cpus_first(unsigned int count)
{
	struct corbel_cpus out = { 0 };

	for (unsigned int i = 0; i < count && i < CORBEL_CPUS_MAX; i++) {
		out.bits[i / 8] |= (uint8_t)(1u << i % 8);
	}
	return out;
}
