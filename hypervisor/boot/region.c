/* SPDX-License-Identifier: MIT */
#include "boot/region.h"

#define LINUX_SECTION MIB(128)
#define HEAP_FIXED    MIB(12)
#define HEAP_SHARE    1024 /* and one part in so many of all RAM */
#define REGION_ALIGN  MIB(2)
#define LOWEST        MIB(16) /* leave room for small kernels */

/* The part of the frame table that describes RAM, in whole pages of it, and the
 * page tables for all of it. */
static uint64_t frame_table_size(const struct ranges *m, uint64_t count)
{
	uint64_t size = align_up(count * sizeof(struct frame) / 512, PAGE_SIZE);

	for (unsigned int i = 0; i < m->count; i++) {
		const struct range *r = &m->at[i];

		if (r->type == RANGE_RAM) {
			size += (align_up(r->start + r->size,
					  REGION_FRAMES_SPAN) -
				 align_down(r->start, REGION_FRAMES_SPAN)) /
				PAGE_SIZE * sizeof(struct frame);
		}
	}
	return size;
}

static uint64_t ram_end(const struct ranges *m)
{
	uint64_t end = 0;

	for (unsigned int i = 0; i < m->count; i++) {
		if (m->at[i].type == RANGE_RAM) {
			end = m->at[i].start + m->at[i].size;
		}
	}
	return end;
}

/* The highest section-aligned place with RAM right above it. */
static uint64_t place_hole(const struct ranges *map,
			   const struct ranges *free_map, uint64_t size)
{
	uint64_t at =
		ranges_place(free_map, size, LINUX_SECTION, LOWEST, GIB(4));

	while (at != 0 && ranges_type(map, at + size) != RANGE_RAM) {
		at = ranges_place(free_map, size, LINUX_SECTION, LOWEST,
				  at + size - 1);
	}
	return at;
}

bool region_choose(const struct boot_info *b, uint64_t image_size,
		   struct boot_region *out)
{
	static struct ranges free_map;
	const uint64_t ram = ranges_size(&b->map, RANGE_RAM);

	boot_free_map(b, &free_map);
	out->frame_count = ram_end(&b->map) / PAGE_SIZE;
	out->size =
		align_up(image_size + HEAP_FIXED + ram / HEAP_SHARE +
				 frame_table_size(&b->map, out->frame_count),
			 REGION_ALIGN);
	out->hole_size = align_up(out->size, LINUX_SECTION);
	out->start = ram >= GIB(1)
			     ? place_hole(&b->map, &free_map, out->hole_size)
			     : 0;
	if (out->start == 0) {
		out->hole_size = out->size;
		out->start = ranges_place(&free_map, out->size, REGION_ALIGN,
					  LOWEST, GIB(4));
	}
	return out->start != 0;
}
