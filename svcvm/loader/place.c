/* SPDX-License-Identifier: MIT */
#include "svcvm/loader/place.h"

#include <stddef.h>

/* Low memory has firmware tables and the processors' start-up code. */
#define LOWEST 0x100000u

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t page_down(uint64_t addr)
{
	return addr & ~(uint64_t)(PLACE_PAGE_SIZE - 1);
}

static uint64_t page_up(uint64_t addr)
{
	return page_down(addr + PLACE_PAGE_SIZE - 1);
}

/* An entry's range; one that would wrap around ends with the last byte. */
static struct range entry_range(const struct hvm_memmap_table_entry *e)
{
	const uint64_t size = min64(e->size, UINT64_MAX - e->addr);

	return range_of(e->addr, size);
}

static bool entry_is_ram(const struct hvm_memmap_table_entry *e)
{
	return e->type == XEN_HVM_MEMMAP_TYPE_RAM;
}

void place_init(struct place *p, const struct hvm_memmap_table_entry *map,
		uint32_t map_count)
{
	p->map = map;
	p->map_count = map_count;
	p->taken_count = 0;
}

void place_take(struct place *p, struct range r)
{
	p->taken[p->taken_count++] = r;
}

void place_release(struct place *p, struct range r)
{
	for (uint32_t i = 0; i < p->taken_count; i++) {
		if (p->taken[i].start == r.start && p->taken[i].end == r.end) {
			p->taken[i] = p->taken[--p->taken_count];
			return;
		}
	}
}

/* The end of the RAM entry that holds `addr` and reaches furthest, or `addr`
 * if there is none. */
static uint64_t ram_end(const struct place *p, uint64_t addr)
{
	uint64_t end = addr;

	for (uint32_t i = 0; i < p->map_count; i++) {
		const struct range r = entry_range(&p->map[i]);

		if (entry_is_ram(&p->map[i]) && r.start <= addr) {
			end = max64(end, r.end);
		}
	}
	return end;
}

/* The first entry that is not RAM and touches a range, or NULL. */
static const struct hvm_memmap_table_entry *find_hole(const struct place *p,
						      struct range r)
{
	for (uint32_t i = 0; i < p->map_count; i++) {
		const struct hvm_memmap_table_entry *e = &p->map[i];

		if (!entry_is_ram(e) && range_overlaps(entry_range(e), r)) {
			return e;
		}
	}
	return NULL;
}

bool place_is_ram(const struct place *p, struct range r)
{
	uint64_t at = r.start;

	while (at < r.end) {
		const uint64_t end = ram_end(p, at);

		if (end == at) {
			return false;
		}
		at = end;
	}
	return find_hole(p, r) == NULL;
}

/* Finds something that makes a range not free. */
static bool find_obstacle(const struct place *p, struct range r,
			  struct range *out)
{
	const struct hvm_memmap_table_entry *hole = find_hole(p, r);

	if (hole != NULL) {
		*out = entry_range(hole);
		return true;
	}
	for (uint32_t i = 0; i < p->taken_count; i++) {
		if (range_overlaps(p->taken[i], r)) {
			*out = p->taken[i];
			return true;
		}
	}
	return false;
}

/* The part of an entry that things may be placed in. */
static struct range usable_part(const struct hvm_memmap_table_entry *e,
				uint64_t limit)
{
	const struct range r = entry_range(e);
	const uint64_t start = max64(r.start, LOWEST);

	return (struct range){ start, max64(start, min64(r.end, limit)) };
}

/* Finds the highest room in one RAM entry, going down past obstacles. */
static bool find_in(const struct place *p, struct range ram, uint64_t size,
		    struct range *out)
{
	struct range obstacle;
	uint64_t end = ram.end;

	while (end > ram.start && end - ram.start >= size) {
		const struct range r = range_of(page_down(end - size), size);

		if (r.start < ram.start) {
			return false;
		}
		if (!find_obstacle(p, r, &obstacle)) {
			*out = r;
			return true;
		}
		end = obstacle.start;
	}
	return false;
}

bool place_find(const struct place *p, uint64_t size, uint64_t limit,
		struct range *out)
{
	bool found = false;

	for (uint32_t i = 0; i < p->map_count; i++) {
		const struct hvm_memmap_table_entry *e = &p->map[i];
		struct range r;

		if (entry_is_ram(e) &&
		    find_in(p, usable_part(e, limit), size, &r) &&
		    (!found || r.start > out->start)) {
			*out = r;
			found = true;
		}
	}
	return found;
}

/* The free range that begins at `start`: up to the next obstacle. */
static struct range free_from(const struct place *p, uint64_t start,
			      uint64_t end)
{
	struct range r = { start, end };
	struct range obstacle;

	while (r.start < r.end && find_obstacle(p, r, &obstacle)) {
		r.end = max64(obstacle.start, r.start);
	}
	r.end = max64(page_down(r.end), r.start);
	return r;
}

static void keep_larger(struct range *best, struct range r)
{
	if (range_size(r) > range_size(*best)) {
		*best = r;
	}
}

/* A free range begins where RAM begins or where an obstacle ends. */
struct range place_find_largest(const struct place *p)
{
	struct range best = { 0, 0 };

	for (uint32_t i = 0; i < p->map_count; i++) {
		const struct range ram = usable_part(&p->map[i], PLACE_LIMIT);
		uint64_t at = page_up(ram.start);

		if (!entry_is_ram(&p->map[i])) {
			continue;
		}
		while (at < ram.end) {
			struct range obstacle;
			struct range r = free_from(p, at, ram.end);

			keep_larger(&best, r);
			at = r.end + PLACE_PAGE_SIZE;
			if (find_obstacle(p, range_of(r.end, PLACE_PAGE_SIZE),
					  &obstacle)) {
				at = max64(at, page_up(obstacle.end));
			}
		}
	}
	return best;
}
