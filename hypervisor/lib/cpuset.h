/* SPDX-License-Identifier: MIT */
/* A set of pCPUs. Plain value type; callers lock where it is shared. */
#pragma once

#include "lib/types.h"

#define MAX_CPUS 256u

struct cpuset {
	uint64_t word[MAX_CPUS / 64];
};

static inline void cpuset_add(struct cpuset *s, unsigned int cpu)
{
	s->word[cpu / 64] |= BIT(cpu % 64);
}

static inline bool cpuset_has(const struct cpuset *s, unsigned int cpu)
{
	return cpu < MAX_CPUS && ((s->word[cpu / 64] >> (cpu % 64)) & 1) != 0;
}

static inline struct cpuset cpuset_all(void)
{
	struct cpuset s;

	for (size_t i = 0; i < ARRAY_SIZE(s.word); i++) {
		s.word[i] = ~UINT64_C(0);
	}
	return s;
}
