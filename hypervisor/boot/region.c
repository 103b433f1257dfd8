/* SPDX-License-Identifier: MIT */
#include "boot/region.h"

#define LINUX_SECTION MIB(128)
#define HEAP_FIXED MIB(8)
#define HEAP_SHARE 1024 /* and one part in so many of all RAM */
#define REGION_ALIGN MIB(2)
#define LOWEST MIB(16) /* leave room for small kernels */

static uint64_t ram_end(const struct boot_info *b)
{
	uint64_t end = 0;

	for (unsigned int i = 0; i < b->range_count; i++) {
		const struct boot_range *r = &b->ranges[i];

		if (r->type == RANGE_RAM) {
			end = max_u64(end, r->start + r->size);
		}
	}
	return end;
}

static uint64_t ram_size(const struct boot_info *b)
{
	uint64_t size = 0;

	for (unsigned int i = 0; i < b->range_count; i++) {
		size += b->ranges[i].type == RANGE_RAM ? b->ranges[i].size : 0;
	}
	return size;
}

static bool is_free_ram(const struct boot_info *b, uint64_t start,
			uint64_t size)
{
	bool ram = false;

	for (unsigned int i = 0; i < b->range_count; i++) {
		const struct boot_range *r = &b->ranges[i];

		if (r->type == RANGE_RAM && start >= r->start &&
		    start + size <= r->start + r->size) {
			ram = true;
		}
	}
	for (unsigned int i = 0; i < b->module_count; i++) {
		const struct boot_module *m = &b->modules[i];

		if (start < m->start + m->size && m->start < start + size) {
			return false;
		}
	}
	return ram;
}

/* The highest aligned block below 4 GiB with `above` more bytes of RAM. */
static uint64_t find_block(const struct boot_info *b, uint64_t size,
			   uint64_t align, uint64_t above)
{
	for (uint64_t at = align_down(GIB(4) - size, align); at >= LOWEST;
	     at -= align) {
		if (is_free_ram(b, at, size) &&
		    (above == 0 || is_free_ram(b, at, size + above) ||
		     is_free_ram(b, at + size, PAGE_SIZE))) {
			return at;
		}
		if (at < align) {
			break;
		}
	}
	return 0;
}

/* The part of the frame table that describes RAM, in whole pages of it, and the
 * page tables for all of it. */
static uint64_t frame_table_size(const struct boot_info *b, uint64_t count)
{
	uint64_t size = align_up(count * sizeof(struct frame) / 512, PAGE_SIZE);

	for (unsigned int i = 0; i < b->range_count; i++) {
		const struct boot_range *r = &b->ranges[i];

		if (r->type == RANGE_RAM) {
			size += (align_up(r->start + r->size,
					  REGION_FRAMES_SPAN) -
				 align_down(r->start, REGION_FRAMES_SPAN)) /
				PAGE_SIZE * sizeof(struct frame);
		}
	}
	return size;
}

bool region_choose(const struct boot_info *b, uint64_t image_size,
		   struct boot_region *out)
{
	out->frame_count = ram_end(b) / PAGE_SIZE;
	out->size = align_up(image_size + HEAP_FIXED +
				     ram_size(b) / HEAP_SHARE +
				     frame_table_size(b, out->frame_count),
			     REGION_ALIGN);

	const uint64_t hole = align_up(out->size, LINUX_SECTION);

	if (ram_size(b) >= GIB(1)) {
		out->hole_start = find_block(b, hole, LINUX_SECTION, PAGE_SIZE);
		out->hole_size = hole;
	}
	if (ram_size(b) < GIB(1) || out->hole_start == 0) {
		out->hole_start = find_block(b, out->size, REGION_ALIGN, 0);
		out->hole_size = out->size;
	}
	out->start = out->hole_start;
	return out->hole_start != 0;
}
