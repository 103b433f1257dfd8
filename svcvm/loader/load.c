/* SPDX-License-Identifier: MIT */
/*
 * The order of things: unpack the image to free memory, check the kernel's
 * headers, move out of the kernel's way what is in it, then copy the kernel.
 * Nothing is written to the kernel's place before all checks have passed.
 */
#include "svcvm/loader/load.h"

#include <stdbool.h>
#include <string.h>

#include "svcvm/loader/bzimage.h"
#include "svcvm/loader/elf.h"
#include "svcvm/loader/guest_memory.h"
#include "svcvm/loader/heap.h"
#include "svcvm/loader/unpack.h"

/* A range with whole pages, so that nothing shares a page with it. */
static struct range whole_pages(struct range r)
{
	const uint64_t mask = PLACE_PAGE_SIZE - 1;

	return (struct range){ r.start & ~mask, (r.end + mask) & ~mask };
}

static struct range segment_range(const struct elf_segment *s)
{
	return range_of(s->paddr, s->memory_size);
}

/* Makes `by` the place of something that was at `*what`. */
static void replace_taken(struct place *p, struct range *what, struct range by)
{
	place_release(p, whole_pages(*what));
	place_take(p, whole_pages(by));
	*what = by;
}

/* Unpacks to free memory, and gives back the packed image's. */
static int unpack_payload(struct place *p, const struct bzimage *bz,
			  struct range *image, struct report *why)
{
	struct range heap;
	struct range to;
	int rc;

	if (!place_find(p, bz->unpacked_size, PLACE_LIMIT, &to)) {
		return report_error(why,
				    "no free memory to unpack its %lu "
				    "bytes",
				    bz->unpacked_size);
	}
	place_take(p, to);
	heap = place_find_largest(p);
	place_release(p, to);
	heap_set_area(guest_memory(heap.start), range_size(heap));
	rc = unpack(&bz->payload, guest_memory(to.start), bz->unpacked_size,
		    why);
	if (rc != 0) {
		return rc;
	}
	replace_taken(p, image, to);
	return 0;
}

/* Replaces a bzImage by the ELF file inside it. */
static int unpack_image(struct place *p, struct range *image,
			struct report *why)
{
	const struct bytes file = guest_bytes(*image);
	struct bzimage bz;
	int rc;

	if (!bzimage_is(&file)) {
		return 0;
	}
	rc = bzimage_read(&file, &bz, why);
	if (rc != 0) {
		return rc;
	}
	if (elf_is(&bz.payload)) {
		const uint64_t offset = (uint64_t)(bz.payload.data - file.data);

		replace_taken(p, image,
			      range_of(image->start + offset, bz.payload.size));
		return 0;
	}
	return unpack_payload(p, &bz, image, why);
}

static int check_segment(const struct place *p, struct range loader,
			 const struct elf_segment *s, struct report *why)
{
	const struct range r = segment_range(s);

	if (r.end > PLACE_LIMIT || !place_is_ram(p, r)) {
		return report_error(why,
				    "segment %u (%#lx+%#lx) does not fit "
				    "in memory",
				    s->index, s->paddr, s->memory_size);
	}
	if (range_overlaps(r, loader)) {
		return report_error(why,
				    "segment %u (%#lx+%#lx) overlaps the "
				    "loader (%#lx+%#lx)",
				    s->index, s->paddr, s->memory_size,
				    loader.start, range_size(loader));
	}
	return 0;
}

/* Checks all of the kernel's place, then takes it. */
static int take_segments(struct place *p, struct range loader,
			 const struct elf_image *elf, struct report *why)
{
	for (uint32_t i = 0; i < elf->segment_count; i++) {
		int rc = check_segment(p, loader, &elf->segments[i], why);

		if (rc != 0) {
			return rc;
		}
	}
	for (uint32_t i = 0; i < elf->segment_count; i++) {
		place_take(p, segment_range(&elf->segments[i]));
	}
	return 0;
}

static bool in_the_way(const struct elf_image *elf, struct range r)
{
	for (uint32_t i = 0; i < elf->segment_count; i++) {
		if (range_overlaps(segment_range(&elf->segments[i]), r)) {
			return true;
		}
	}
	return false;
}

/* Moves something to free memory, at a page's start. */
static int move(struct place *p, struct range *what, struct report *why)
{
	const struct range from = *what;
	struct range to;

	if (!place_find(p,
			range_size(whole_pages(range_of(0, range_size(from)))),
			PLACE_LIMIT, &to)) {
		return report_error(why,
				    "no free memory to move it (%#lx+%#lx)"
				    " out of the kernel's way",
				    from.start, range_size(from));
	}
	to.end = to.start + range_size(from);
	memcpy(guest_memory(to.start), guest_memory(from.start),
	       range_size(from));
	replace_taken(p, what, to);
	return 0;
}

/* Makes the image an ELF file that its own segments do not overwrite, and
 * takes the place of the segments. */
static int prepare_image(struct place *p, struct range loader,
			 struct range *image, struct elf_image *elf,
			 struct report *why)
{
	struct bytes file;
	int rc;

	rc = unpack_image(p, image, why);
	if (rc != 0) {
		return rc;
	}
	file = guest_bytes(*image);
	rc = elf_read(&file, elf, why);
	if (rc != 0) {
		return rc;
	}
	rc = take_segments(p, loader, elf, why);
	if (rc != 0 || !in_the_way(elf, *image)) {
		return rc;
	}
	return move(p, image, why);
}

static int prepare_initramfs(struct place *p, const struct elf_image *elf,
			     struct range *initramfs, struct report *why)
{
	if (range_size(*initramfs) == 0) {
		return 0;
	}
	if (initramfs->start % PLACE_PAGE_SIZE == 0 &&
	    !in_the_way(elf, *initramfs)) {
		return 0;
	}
	return move(p, initramfs, why);
}

static void copy_segments(const struct elf_image *elf, struct range image)
{
	const uint8_t *file = guest_memory(image.start);

	for (uint32_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *s = &elf->segments[i];
		uint8_t *to = guest_memory(s->paddr);

		memcpy(to, file + s->offset, s->file_size);
		memset(to + s->file_size, 0, s->memory_size - s->file_size);
	}
}

int load_kernel(const struct inputs *in, struct range loader, struct place *p,
		struct loaded *out, struct report *why)
{
	struct report detail = { "" };
	struct range image = in->image;
	struct elf_image elf;
	int rc;

	place_init(p, in->memmap, in->start_info.memmap_entries);
	place_take(p, loader);
	place_take(p, whole_pages(image));
	place_take(p, whole_pages(in->initramfs));

	rc = prepare_image(p, loader, &image, &elf, &detail);
	if (rc != 0) {
		return report_error(why, "kernel image: %s", detail.text);
	}
	out->initramfs = in->initramfs;
	rc = prepare_initramfs(p, &elf, &out->initramfs, &detail);
	if (rc != 0) {
		return report_error(why, "initramfs: %s", detail.text);
	}
	copy_segments(&elf, image);
	place_release(p, whole_pages(image));
	out->entry = elf.entry;
	return 0;
}
