/* SPDX-License-Identifier: MIT */
/*
 * A guest's memory, in the largest pieces that its alignment and the host's
 * free memory allow.
 */
#include <errno.h>

#include "libctl/build/build.h"
#include "libctl/ops/ops.h"

#define BATCH_MAX 1024u

/* 1 GiB, 2 MiB and 4 KiB; how many in one call, between which the caller is
 * told how far we are. */
static const struct {
	unsigned int order;
	unsigned int batch;
} sizes[] = { { 18, 1 }, { 9, 64 }, { 0, BATCH_MAX } };

#define SIZE_LAST (sizeof(sizes) / sizeof(sizes[0]) - 1)

struct progress {
	uint64_t done; /* pages */
	uint64_t total;
	unsigned int size; /* the largest that the host still had */
};

int populate_fail_memory(struct build *b, uint64_t pages)
{
	struct xen_sysctl_physinfo info;

	if (sysctl_physinfo(b->c, &info) != 0) {
		return corbel_fail(b->c, CORBEL_NO_MEMORY, b->object,
				   "not enough free memory: %lu MiB wanted",
				   (pages + 255) >> 8);
	}
	if (pages <= sysctl_free_pages(&info)) {
		return corbel_fail(
			b->c, CORBEL_NO_MEMORY, b->object,
			"the hypervisor's own memory is used up: end "
			"another guest first");
	}
	return corbel_fail(b->c, CORBEL_NO_MEMORY, b->object,
			   "not enough free memory: %lu MiB free, %lu MiB "
			   "wanted",
			   sysctl_free_pages(&info) >> 8, (pages + 255) >> 8);
}

static int fail_populate(struct build *b, const struct progress *p)
{
	if (errno == ENOMEM) {
		return populate_fail_memory(b, p->total - p->done);
	}
	return corbel_fail_errno(b->c, b->object, "memory for the guest");
}

/* The largest piece that may stand at `gfn` with `left` pages to go. */
static unsigned int size_at(const struct progress *p, uint64_t gfn,
			    uint64_t left)
{
	unsigned int i = p->size;

	while (i < SIZE_LAST) {
		const uint64_t pages = UINT64_C(1) << sizes[i].order;

		if (gfn % pages == 0 && left >= pages) {
			break;
		}
		i++;
	}
	return i;
}

/* How many pieces of this size to ask for: up to the batch, and not beyond
 * where a larger one may stand. */
static size_t count_at(const struct progress *p, unsigned int size,
		       uint64_t gfn, uint64_t left)
{
	const uint64_t pages = UINT64_C(1) << sizes[size].order;
	size_t count = 0;

	while (count < sizes[size].batch && left >= pages &&
	       (count == 0 || size_at(p, gfn, left) == size)) {
		count++;
		gfn += pages;
		left -= pages;
	}
	return count;
}

/* Populates one batch at `gfn`; returns its pages, or 0 after a failure. */
static uint64_t populate_batch(struct build *b, struct progress *p,
			       uint64_t gfn, uint64_t left)
{
	xen_pfn_t *gfns = NULL;
	const unsigned int size = size_at(p, gfn, left);
	const size_t count = count_at(p, size, gfn, left);
	const unsigned int order = sizes[size].order;
	long done;

	gfns = call_buffer(b->c, BATCH_MAX * sizeof(*gfns));
	if (gfns == NULL) {
		corbel_fail_errno(b->c, b->object, "memory for a call");
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		gfns[i] = gfn + (i << order);
	}
	errno = ENOMEM; /* what no extent at all and no error means */
	done = memory_populate(b->c, b->domid, order, gfns, count);
	if (done <= 0 && size == SIZE_LAST) {
		fail_populate(b, p);
	}
	call_buffer_free(b->c, gfns);
	if (done < (long)count && size < SIZE_LAST) {
		p->size = size + 1;
	}
	return done > 0 ? (uint64_t)done << order : 0;
}

static int populate_range(struct build *b, struct progress *p, struct range r)
{
	uint64_t gfn = r.start / LAYOUT_PAGE;
	const uint64_t end = r.end / LAYOUT_PAGE;

	while (gfn < end) {
		const unsigned int size = p->size;
		const uint64_t pages = populate_batch(b, p, gfn, end - gfn);

		if (pages == 0 && p->size == size) {
			return -1;
		}
		gfn += pages;
		p->done += pages;
		handle_progress(b->c, "memory", p->done, p->total);
	}
	return 0;
}

int populate_memory(struct build *b)
{
	const struct range acpi = range_of(LAYOUT_ACPI, LAYOUT_ACPI_SIZE);
	const struct range special =
		range_of(LAYOUT_SPECIAL, LAYOUT_SPECIAL_PAGES * LAYOUT_PAGE);
	struct progress p = { .total = layout_pages(&b->layout) };

	if (populate_range(b, &p, acpi) != 0 ||
	    populate_range(b, &p, special) != 0 ||
	    populate_range(b, &p, b->layout.low) != 0) {
		return -1;
	}
	return populate_range(b, &p, b->layout.high);
}
