/* SPDX-License-Identifier: MIT */
/* The memory map a domain was built with, for guests that ask for it
 * (XENMEM_memory_map) instead of reading what they were booted with. */
#pragma once

#include "lib/types.h"

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
