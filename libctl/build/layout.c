/* SPDX-License-Identifier: MIT */
#include "libctl/build/layout.h"

#define MIB UINT64_C(0x100000)

static uint64_t page_up(uint64_t size)
{
	return (size + LAYOUT_PAGE - 1) & ~(LAYOUT_PAGE - 1);
}

static uint64_t mib_up(uint64_t size)
{
	return size / MIB + (size % MIB != 0);
}

static void add(struct layout *l, struct range r, uint32_t type)
{
	l->map[l->map_count++] = (struct hvm_memmap_table_entry){
		.addr = r.start,
		.size = range_size(r),
		.type = type,
	};
}

void layout_init(struct layout *l, uint64_t memory_kib)
{
	const uint64_t size = memory_kib * 1024 & ~(LAYOUT_PAGE - 1);
	const uint64_t low = size < LAYOUT_LOW_MAX ? size : LAYOUT_LOW_MAX;

	l->low = range_of(0, low);
	l->high = range_of(LAYOUT_HIGH, size - low);
	l->map_count = 0;
	add(l, l->low, XEN_HVM_MEMMAP_TYPE_RAM);
	add(l, range_of(LAYOUT_ACPI, LAYOUT_ACPI_SIZE),
	    XEN_HVM_MEMMAP_TYPE_ACPI);
	add(l, range_of(LAYOUT_SPECIAL, LAYOUT_SPECIAL_PAGES * LAYOUT_PAGE),
	    XEN_HVM_MEMMAP_TYPE_RESERVED);
	if (range_size(l->high) != 0) {
		add(l, l->high, XEN_HVM_MEMMAP_TYPE_RAM);
	}
	place_init(&l->place, l->map, l->map_count);
}

uint64_t layout_pages(const struct layout *l)
{
	return (range_size(l->low) + range_size(l->high) + LAYOUT_ACPI_SIZE) /
		       LAYOUT_PAGE +
	       LAYOUT_SPECIAL_PAGES;
}

static int check_segment(const struct layout *l, const struct elf_segment *s,
			 struct report *why)
{
	const struct range r = range_of(s->paddr, s->memory_size);

	if (r.end > l->low.end && l->low.end < LAYOUT_LOW_MAX) {
		return report_error(why, "needs %lu MiB, the guest has %lu MiB",
				    mib_up(r.end), l->low.end / MIB);
	}
	if (!place_is_ram(&l->place, r)) {
		return report_error(why,
				    "segment %u (%#lx+%#lx) is where guests "
				    "have no memory",
				    s->index, s->paddr, s->memory_size);
	}
	return 0;
}

int layout_take_kernel(struct layout *l, const struct elf_image *elf,
		       struct report *why)
{
	for (uint32_t i = 0; i < elf->segment_count; i++) {
		if (check_segment(l, &elf->segments[i], why) != 0) {
			return -1;
		}
	}
	for (uint32_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *s = &elf->segments[i];

		place_take(&l->place, range_of(s->paddr, s->memory_size));
	}
	return 0;
}

int layout_take(struct layout *l, uint64_t size, uint64_t limit,
		struct range *out, struct report *why)
{
	struct range whole;

	if (!place_find(&l->place, page_up(size), limit, &whole)) {
		report_error(why,
			     "no room for its %lu KiB: the guest has %lu MiB",
			     (size + 1023) / 1024,
			     (range_size(l->low) + range_size(l->high)) / MIB);
		return -1;
	}
	place_take(&l->place, whole);
	*out = range_of(whole.start, size);
	return 0;
}
