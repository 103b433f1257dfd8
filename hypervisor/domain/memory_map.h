/* SPDX-License-Identifier: MIT */
/* The memory map a domain was built with (XENMEM_set_memory_map), for guests
 * that ask instead of reading what they were booted with. */
#pragma once

#include "lib/types.h"

struct domain;

#define MEMORY_MAP_MAX 128u

/* As the BIOS's E820 call has it. */
struct memory_map_entry {
	uint64_t start;
	uint64_t size;
	uint32_t type;
} __attribute__((packed));

static_assert(sizeof(struct memory_map_entry) == 20, "E820 entry");

struct memory_map {
	uint32_t count;
	struct memory_map_entry entry[MEMORY_MAP_MAX];
};

/* From domain_alloc(); NULL when there is no memory. */
struct memory_map *memory_map_alloc(struct domain *d);
void memory_map_free(struct domain *d, struct memory_map *map);

/* The domain's map from now on; frees the one before. */
void memory_map_set(struct domain *d, struct memory_map *map);
/* Number of entries, 0 without a map. */
uint32_t memory_map_count(struct domain *d);
/* False when there is no such entry. */
bool memory_map_entry(struct domain *d, uint32_t index,
		      struct memory_map_entry *out);
