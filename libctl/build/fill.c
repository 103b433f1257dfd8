/* SPDX-License-Identifier: MIT */
/*
 * What is in a guest's memory when it starts. Pages are mapped a few at a time,
 * written and let go.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "libctl/build/acpi.h"
#include "libctl/build/build.h"
#include "libctl/build/start.h"

#define WINDOW_PAGES 256u
#define WINDOW_SIZE  (WINDOW_PAGES * LAYOUT_PAGE)

struct window {
	struct build *b;
	xen_pfn_t gfns[WINDOW_PAGES];
	int errors[WINDOW_PAGES];
};

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int fail_map(struct window *w, uint64_t gfn, int number)
{
	errno = number;
	return corbel_fail_errno(w->b->c, w->b->object,
				 "mapping its memory at 0x%lx",
				 gfn * LAYOUT_PAGE);
}

static int unmap(struct window *w, void *pages, size_t count)
{
	return xenforeignmemory_unmap(w->b->c->fmem, pages, count);
}

/* NULL after a failure, also if single pages are not there. */
static void *map(struct window *w, uint64_t gfn, size_t count)
{
	void *pages;

	for (size_t i = 0; i < count; i++) {
		w->gfns[i] = gfn + i;
	}
	pages = xenforeignmemory_map(w->b->c->fmem, w->b->domid,
				     PROT_READ | PROT_WRITE, count, w->gfns,
				     w->errors);
	if (pages == NULL) {
		fail_map(w, gfn, errno);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		if (w->errors[i] != 0) {
			unmap(w, pages, count);
			fail_map(w, gfn + i, abs(w->errors[i]));
			return NULL;
		}
	}
	return pages;
}

static void copy(uint8_t *to, const struct fill_piece *p, uint64_t at,
		 uint64_t size)
{
	uint64_t data = 0;

	if (at < p->data_size) {
		data = min64(size, p->data_size - at);
		memcpy(to, p->data + at, data);
	}
	memset(to + data, 0, size - data);
}

/* Writes the piece from `at` up to its end or the next window. */
static int fill_window(struct window *w, const struct fill_piece *p,
		       uint64_t at, uint64_t *done)
{
	const uint64_t gaddr = p->gaddr + at;
	const uint64_t offset = gaddr % LAYOUT_PAGE;
	const uint64_t size =
		min64(p->size - at, WINDOW_SIZE - gaddr % WINDOW_SIZE);
	const size_t count = (offset + size + LAYOUT_PAGE - 1) / LAYOUT_PAGE;
	uint8_t *pages = map(w, gaddr / LAYOUT_PAGE, count);

	if (pages == NULL) {
		return -1;
	}
	copy(pages + offset, p, at, size);
	unmap(w, pages, count);
	*done = size;
	return 0;
}

int fill_memory(struct build *b, const struct fill_piece *piece)
{
	struct window *w = malloc(sizeof(*w));
	uint64_t done = 0;
	int rc = 0;

	if (w == NULL) {
		return corbel_fail_errno(b->c, b->object, "window");
	}
	w->b = b;
	for (uint64_t at = 0; at < piece->size && rc == 0; at += done) {
		rc = fill_window(w, piece, at, &done);
	}
	free(w);
	return rc;
}

int fill_kernel(struct build *b)
{
	const struct elf_image *elf = &b->kernel.layout;

	for (uint32_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *s = &elf->segments[i];
		const struct fill_piece piece = {
			.gaddr = s->paddr,
			.size = s->memory_size,
			.data = b->kernel.elf.data + s->offset,
			.data_size = s->file_size,
		};

		if (fill_memory(b, &piece) != 0) {
			return -1;
		}
		handle_progress(b->c, "kernel", i + 1, elf->segment_count);
	}
	return 0;
}

int fill_initrd(struct build *b)
{
	const struct fill_piece piece = {
		.gaddr = b->initrd_at.start,
		.size = b->initrd.size,
		.data = b->initrd.data,
		.data_size = b->initrd.size,
	};

	return fill_memory(b, &piece);
}

static int fill_acpi(struct build *b)
{
	uint8_t *tables = calloc(1, LAYOUT_ACPI_SIZE);
	const struct fill_piece piece = {
		.gaddr = LAYOUT_ACPI,
		.size = LAYOUT_ACPI_SIZE,
		.data = tables,
		.data_size = LAYOUT_ACPI_SIZE,
	};
	int rc;

	if (tables == NULL) {
		return corbel_fail_errno(b->c, b->object, "ACPI tables");
	}
	if (acpi_build(tables, LAYOUT_ACPI_SIZE, LAYOUT_ACPI,
		       b->config->vcpus) == 0) {
		rc = corbel_fail(b->c, CORBEL_INVALID, b->object,
				 "%u vCPUs are too many for ACPI",
				 b->config->vcpus);
	} else {
		rc = fill_memory(b, &piece);
	}
	free(tables);
	return rc;
}

static int fill_start_info(struct build *b)
{
	const struct start_inputs in = {
		.layout = &b->layout,
		.cmdline = b->config->cmdline,
		.initrd = b->initrd_at,
		.rsdp = LAYOUT_ACPI,
	};
	const size_t size = start_size(&in);
	uint8_t *data = malloc(size);
	const struct fill_piece piece = {
		.gaddr = b->start_at.start,
		.size = size,
		.data = data,
		.data_size = size,
	};
	int rc;

	if (data == NULL) {
		return corbel_fail_errno(b->c, b->object, "start info");
	}
	start_build(&in, b->start_at.start, data);
	rc = fill_memory(b, &piece);
	free(data);
	return rc;
}

int fill_tables(struct build *b)
{
	/* A ring must be empty before anybody looks at it. */
	const struct fill_piece special = {
		.gaddr = LAYOUT_SPECIAL,
		.size = LAYOUT_SPECIAL_PAGES * LAYOUT_PAGE,
	};

	if (fill_memory(b, &special) != 0 || fill_acpi(b) != 0) {
		return -1;
	}
	return fill_start_info(b);
}
