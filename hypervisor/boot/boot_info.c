/* SPDX-License-Identifier: MIT */
/* The memory map and command lines, whichever protocol they came by. */
#include "boot/boot_info.h"

#include "lib/string.h"

struct boot_info boot_info;

void boot_range_add(struct boot_info *b, uint64_t start, uint64_t size,
		    uint32_t type)
{
	if (size == 0 || start + size < start ||
	    b->range_count == BOOT_RANGES_MAX) {
		return;
	}
	b->ranges[b->range_count++] = (struct boot_range){ start, size, type };
}

static void remove_at(struct boot_info *b, unsigned int i)
{
	b->range_count--;
	memmove(&b->ranges[i], &b->ranges[i + 1],
		(b->range_count - i) * sizeof(b->ranges[0]));
}

static void sort(struct boot_info *b)
{
	for (unsigned int i = 1; i < b->range_count; i++) {
		const struct boot_range r = b->ranges[i];
		unsigned int at = i;

		while (at > 0 && b->ranges[at - 1].start > r.start) {
			b->ranges[at] = b->ranges[at - 1];
			at--;
		}
		b->ranges[at] = r;
	}
}

/* Cuts `hole` out of the RAM range at index `i`; may add a tail range. */
static void cut(struct boot_info *b, unsigned int i,
		const struct boot_range *hole)
{
	struct boot_range *r = &b->ranges[i];
	const uint64_t end = r->start + r->size;
	const uint64_t hole_end = hole->start + hole->size;

	if (hole->start >= end || hole_end <= r->start) {
		return;
	}
	if (hole_end < end) {
		boot_range_add(b, hole_end, end - hole_end, RANGE_RAM);
	}
	r->size = hole->start > r->start ? hole->start - r->start : 0;
}

/* Only whole pages of RAM are of use. */
static void trim_to_pages(struct boot_range *r)
{
	const uint64_t start = align_up(r->start, PAGE_SIZE);
	const uint64_t end = align_down(r->start + r->size, PAGE_SIZE);

	r->start = start;
	r->size = end > start ? end - start : 0;
}

void boot_ranges_normalise(struct boot_info *b)
{
	const unsigned int given = b->range_count;

	for (unsigned int h = 0; h < given; h++) {
		const struct boot_range hole = b->ranges[h];

		for (unsigned int i = 0;
		     hole.type != RANGE_RAM && i < b->range_count; i++) {
			if (b->ranges[i].type == RANGE_RAM) {
				cut(b, i, &hole);
			}
		}
	}
	for (unsigned int i = 0; i < b->range_count; i++) {
		if (b->ranges[i].type == RANGE_RAM) {
			trim_to_pages(&b->ranges[i]);
		}
	}
	for (unsigned int i = b->range_count; i-- > 0;) {
		if (b->ranges[i].size == 0) {
			remove_at(b, i);
		}
	}
	sort(b);
	for (unsigned int i = 0; i + 1 < b->range_count;) {
		struct boot_range *r = &b->ranges[i];
		const struct boot_range *next = &b->ranges[i + 1];

		if (r->type != next->type || r->start + r->size < next->start) {
			i++;
			continue;
		}
		r->size = max_u64(r->start + r->size,
				  next->start + next->size) -
			  r->start;
		remove_at(b, i + 1);
	}
}

void boot_cmdline_copy(char *dst, const char *src)
{
	while (*src == ' ') {
		src++;
	}

	const size_t len = min_u64(strlen(src), BOOT_CMDLINE_MAX - 1);

	memcpy(dst, src, len);
	dst[len] = '\0';
}
