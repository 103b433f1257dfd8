/* SPDX-License-Identifier: MIT */
#include "boot/service_map.h"

#include "lib/string.h"

#define ABOVE_HOLE MIB(2)

static void insert(struct service_map *m, unsigned int at,
		   struct boot_range range)
{
	if (range.size == 0 || m->count == SERVICE_RANGES_MAX) {
		return;
	}
	memmove(&m->ranges[at + 1], &m->ranges[at],
		(m->count - at) * sizeof(m->ranges[0]));
	m->ranges[at] = range;
	m->count++;
}

static void drop_empty(struct service_map *m)
{
	for (unsigned int i = m->count; i-- > 0;) {
		if (m->ranges[i].size == 0) {
			m->count--;
			memmove(&m->ranges[i], &m->ranges[i + 1],
				(m->count - i) * sizeof(m->ranges[0]));
		}
	}
}

/* Makes [start, start + size) of the range `i`, which holds it, another type;
 * type 0 takes it out of the map. */
static void carve(struct service_map *m, unsigned int i, uint64_t start,
		  uint64_t size, uint32_t type)
{
	const struct boot_range old = m->ranges[i];
	const uint64_t end = start + size;
	const uint64_t old_end = old.start + old.size;

	m->ranges[i].size = start - old.start;
	insert(m, i + 1,
	       (struct boot_range){ end, old_end - end, old.type });
	if (type != 0) {
		insert(m, i + 1, (struct boot_range){ start, size, type });
	}
	drop_empty(m);
}

uint64_t service_map_ram(const struct service_map *m)
{
	uint64_t ram = 0;

	for (unsigned int i = 0; i < m->count; i++) {
		ram += m->ranges[i].type == RANGE_RAM ? m->ranges[i].size : 0;
	}
	return ram;
}

/* The lowest address from which on this RAM range may be given up. */
static uint64_t keep_below(const struct boot_info *b,
			   const struct boot_region *r,
			   const struct boot_range *range)
{
	const uint64_t end = range->start + range->size;
	const uint64_t above = r->hole_start + r->hole_size;
	uint64_t keep = range->start;

	if (above >= range->start && above < end) {
		keep = min_u64(above + ABOVE_HOLE, end);
	}
	for (unsigned int i = 0; i < b->module_count; i++) {
		const uint64_t module_end = align_up(
			b->modules[i].start + b->modules[i].size, PAGE_SIZE);

		if (b->modules[i].start < end && module_end > keep) {
			keep = min_u64(module_end, end);
		}
	}
	return keep;
}

static void apply_limit(struct service_map *m, const struct boot_info *b,
			const struct boot_region *r, uint64_t limit)
{
	const uint64_t ram = service_map_ram(m);
	uint64_t excess = ram > limit ? align_down(ram - limit, PAGE_SIZE) : 0;

	for (unsigned int i = m->count; i-- > 0 && excess > 0;) {
		struct boot_range *range = &m->ranges[i];

		if (range->type != RANGE_RAM || range->start < MIB(1)) {
			continue;
		}

		const uint64_t keep = keep_below(b, r, range);
		const uint64_t spare = range->start + range->size - keep;
		const uint64_t cut = min_u64(spare, excess);

		range->size -= cut;
		excess -= cut;
	}
	drop_empty(m);
}

void service_map_build(const struct boot_info *b, const struct boot_region *r,
		       uint64_t limit, struct service_map *m)
{
	m->count = 0;
	for (unsigned int i = 0; i < b->range_count; i++) {
		insert(m, m->count, b->ranges[i]);
	}
	for (unsigned int i = 0; i < m->count; i++) {
		if (m->ranges[i].start <= r->hole_start &&
		    r->hole_start < m->ranges[i].start + m->ranges[i].size) {
			carve(m, i, r->hole_start, r->hole_size, 0);
			break;
		}
	}
	if (limit != 0) {
		apply_limit(m, b, r, limit);
	}
}

/* The start of a module in the way of [start, start + size), or 0. */
static uint64_t in_the_way(const struct boot_info *b, uint64_t start,
			   uint64_t size)
{
	for (unsigned int i = 0; i < b->module_count; i++) {
		const struct boot_module *mod = &b->modules[i];

		if (start < mod->start + mod->size &&
		    mod->start < start + size) {
			return mod->start;
		}
	}
	return 0;
}

/* As high as possible in one range, below 4 GiB and above 1 MiB; 0: no. */
static uint64_t find_in(const struct boot_info *b, const struct boot_range *r,
			uint64_t size, uint64_t align)
{
	const uint64_t low = max_u64(r->start, MIB(1));
	uint64_t end = min_u64(r->start + r->size, GIB(4));

	while (end >= size && end - size >= low) {
		const uint64_t at = align_down(end - size, align);

		if (at < low) {
			return 0;
		}

		const uint64_t module = in_the_way(b, at, size);

		if (module == 0) {
			return at;
		}
		end = module;
	}
	return 0;
}

uint64_t service_map_take(struct service_map *m, const struct boot_info *b,
			  uint64_t size, uint64_t align, uint32_t type)
{
	for (unsigned int i = m->count; i-- > 0;) {
		if (m->ranges[i].type != RANGE_RAM) {
			continue;
		}

		const uint64_t at = find_in(b, &m->ranges[i], size, align);

		if (at != 0) {
			if (type != RANGE_RAM) {
				carve(m, i, at, size, type);
			}
			return at;
		}
	}
	return 0;
}

/* The first address from `at` on, up to `end`, that the map or the hole covers;
 * *cover_end is where that covering ends. */
static uint64_t next_covered(const struct service_map *m,
			     const struct boot_region *r, uint64_t at,
			     uint64_t end, uint64_t *cover_end)
{
	uint64_t first = end;

	*cover_end = end;
	for (unsigned int i = 0; i <= m->count; i++) {
		const bool hole = i == m->count;
		const uint64_t start = hole ? r->hole_start :
					      m->ranges[i].start;
		const uint64_t stop =
			start + (hole ? r->hole_size : m->ranges[i].size);

		if (stop > at && start < first) {
			first = max_u64(start, at);
			*cover_end = stop;
		}
	}
	return first;
}

void service_map_spare(const struct service_map *m, const struct boot_info *b,
		       const struct boot_region *r,
		       void (*give)(uint64_t start, uint64_t size))
{
	for (unsigned int i = 0; i < b->range_count; i++) {
		const struct boot_range *range = &b->ranges[i];
		const uint64_t end = range->start + range->size;
		uint64_t at = range->start;

		while (range->type == RANGE_RAM && at < end) {
			uint64_t next;
			const uint64_t covered =
				next_covered(m, r, at, end, &next);

			if (covered > at) {
				give(at, covered - at);
			}
			at = next;
		}
	}
}
