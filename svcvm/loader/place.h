/* SPDX-License-Identifier: MIT */
/*
 * Where things are in guest memory, and where there is room.
 *
 * A range is RAM if the memory map's RAM entries cover it and no other entry
 * touches it; the entries may come in any order and overlap.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <xen/arch-x86/hvm/start_info.h>

#define PLACE_TAKEN_MAX 24
#define PLACE_PAGE_SIZE 0x1000u

/* The loader and a kernel's first instructions reach no more than this. */
#define PLACE_LIMIT 0x100000000u

/* Guest physical addresses; the end is the first one behind. */
struct range {
	uint64_t start;
	uint64_t end;
};

struct place {
	const struct hvm_memmap_table_entry *map;
	uint32_t map_count;
	uint32_t taken_count;
	struct range taken[PLACE_TAKEN_MAX];
};

static inline struct range range_of(uint64_t start, uint64_t size)
{
	return (struct range){ start, start + size };
}

static inline uint64_t range_size(struct range r)
{
	return r.end - r.start;
}

static inline bool range_overlaps(struct range a, struct range b)
{
	return a.start < b.end && b.start < a.end;
}

/* Forgets all that is taken and uses this map, which must outlive `p`. */
void place_init(struct place *p, const struct hvm_memmap_table_entry *map,
		uint32_t map_count);

/* Keeps a range from being found free. The caller knows that there is room
 * for it: PLACE_TAKEN_MAX ranges in all. */
void place_take(struct place *p, struct range r);

/* Gives back a range that was taken with these bounds. */
void place_release(struct place *p, struct range r);

/* Says whether all of a range is RAM. An empty range is. */
bool place_is_ram(const struct place *p, struct range r);

/*
 * Finds the highest free RAM of `size` bytes that is page aligned, above the
 * first MiB and ends at or below `limit`. False if there is none.
 */
bool place_find(const struct place *p, uint64_t size, uint64_t limit,
		struct range *out);

/* Finds the largest free range below PLACE_LIMIT; empty if all is taken. */
struct range place_find_largest(const struct place *p);
