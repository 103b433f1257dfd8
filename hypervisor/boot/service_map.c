/* SPDX-License-Identifier: MIT */
#include "boot/service_map.h"

#define ABOVE_HOLE MIB(2)

/* Gives up RAM from the top until `limit` is left, but not what is taken. */
static void apply_limit(struct service_map *m, uint64_t limit)
{
	const uint64_t ram = ranges_size(&m->map, RANGE_RAM);
	uint64_t excess = ram > limit ? align_down(ram - limit, PAGE_SIZE) : 0;

	for (unsigned int i = m->free_map.count; i-- > 0 && excess > 0;) {
		const struct range r = m->free_map.at[i];
		const uint64_t cut = min_u64(r.size, excess);

		if (r.type == RANGE_RAM && r.start >= MIB(1)) {
			ranges_set(&m->map, r.start + r.size - cut, cut,
				   RANGE_NONE);
			excess -= cut;
		}
	}
}

void service_map_build(const struct boot_info *b, const struct boot_region *r,
		       uint64_t limit, struct service_map *m)
{
	const uint64_t above = r->start + r->hole_size;

	m->map = b->map;
	ranges_set(&m->map, r->start, r->hole_size, RANGE_NONE);
	boot_free_map(b, &m->free_map);
	ranges_set(&m->free_map, r->start, r->hole_size, RANGE_NONE);
	if (limit != 0) {
		if (ranges_type(&m->map, above) == RANGE_RAM) {
			ranges_set(&m->free_map, above, ABOVE_HOLE,
				   RANGE_TAKEN);
		}
		apply_limit(m, limit);
	}

	m->spare = b->map;
	ranges_set(&m->spare, r->start, r->hole_size, RANGE_NONE);
	for (unsigned int i = 0; i < m->map.count; i++) {
		ranges_set(&m->spare, m->map.at[i].start, m->map.at[i].size,
			   RANGE_NONE);
	}
	/* What was kept for the limit's sake may be used after all. */
	boot_free_map(b, &m->free_map);
	ranges_set(&m->free_map, r->start, r->hole_size, RANGE_NONE);
	for (unsigned int i = 0; i < m->spare.count; i++) {
		ranges_set(&m->free_map, m->spare.at[i].start,
			   m->spare.at[i].size, RANGE_NONE);
	}
}

uint64_t service_map_take(struct service_map *m, uint64_t size, uint64_t align,
			  uint32_t type)
{
	const uint64_t at =
		ranges_place(&m->free_map, size, align, MIB(1), GIB(4));

	if (at != 0) {
		ranges_set(&m->free_map, at, size, RANGE_TAKEN);
		ranges_set(&m->map, at, size, type);
	}
	return at;
}
