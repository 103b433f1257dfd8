/* SPDX-License-Identifier: MIT */
/* A memory map: what each range of addresses is. Sorted and disjoint. Pure. */
#pragma once

#include "lib/types.h"

enum range_type {                 /* the numbers of the BIOS's E820 call */
		  RANGE_NONE = 0, /* not in the map */
		  RANGE_RAM = 1,
		  RANGE_RESERVED = 2,
		  RANGE_ACPI = 3,
		  RANGE_NVS = 4,
		  RANGE_UNUSABLE = 5,
		  RANGE_TAKEN = 100, /* RAM in use, in maps of what is free */
};

#define RANGES_MAX 128

struct range {
	uint64_t start;
	uint64_t size;
	uint32_t type;
};

struct ranges {
	struct range at[RANGES_MAX];
	unsigned int count;
};

/* [start, start + size) is `type` from now on, whatever it was. What no longer
 * fits into the table is left out. */
void ranges_set(struct ranges *m, uint64_t start, uint64_t size, uint32_t type);
/* The type of the range that holds `address`. */
uint32_t ranges_type(const struct ranges *m, uint64_t address);
/* Bytes of that type. */
uint64_t ranges_size(const struct ranges *m, uint32_t type);
/* The highest place in RAM for `size` bytes, aligned, within [low, high); 0:
 * there is none. */
uint64_t ranges_place(const struct ranges *m, uint64_t size, uint64_t align,
		      uint64_t low, uint64_t high);
/* From a list as a boot loader gives it: overlaps go to what is not RAM, and
 * RAM is cut to whole pages. */
void ranges_normalise(const struct ranges *given, struct ranges *m);
