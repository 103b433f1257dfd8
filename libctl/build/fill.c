/* SPDX-License-Identifier: MIT */
/*
 * What is in a guest's memory when it starts. A file is read into a buffer that
 * stays where it is, and the hypervisor copies it from there. Mapping the file
 * would save a copy, and cost more: Linux counts every page in and out.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libctl/build/acpi.h"
#include "libctl/build/build.h"
#include "libctl/build/start.h"
#include "libctl/ops/ops.h"

#define CHUNK DOMCTL_WRITE_MAX

_Static_assert(CHUNK % LAYOUT_PAGE == 0, "whole pages");

static size_t min_size(uint64_t a, size_t b)
{
	return a < b ? (size_t)a : b;
}

/* EIO where the file was cut off since it was opened. */
static int read_chunk(int fd, uint64_t offset, uint8_t *to, size_t size)
{
	while (size > 0) {
		const ssize_t done = pread(fd, to, size, (off_t)offset);

		if (done < 0 && errno == EINTR) {
			continue;
		}
		if (done <= 0) {
			errno = done == 0 ? EIO : errno;
			return -1;
		}
		to += done;
		offset += (uint64_t)done;
		size -= (size_t)done;
	}
	return 0;
}

static int take_chunk(struct build *b, const struct fill_piece *p, uint64_t at,
		      size_t size)
{
	if (p->data == NULL) {
		return read_chunk(p->fd, p->offset + at, b->chunk, size);
	}
	memcpy(b->chunk, p->data + at, size);
	return 0;
}

typedef uint64_t vector_t __attribute__((vector_size(16), may_alias));

static bool is_zero_page(const uint8_t *page)
{
	const vector_t *const v = (const void *)page;
	vector_t any = { 0 };

#pragma GCC unroll 16
	for (size_t i = 0; i < LAYOUT_PAGE / sizeof(*v); i++) {
		any |= v[i];
	}
	return (any[0] | any[1]) == 0;
}

/* How much is left without the pages of zeroes at the end. They need no writing: new
 * memory has nothing else in it. What is inside a bzImage has its .bss in the file,
 * which is two fifths of Debian's kernel. */
static size_t without_zeroes(uint8_t *chunk, size_t size)
{
	size_t page = size + -size % LAYOUT_PAGE;

	memset(chunk + size, 0, page - size);
	while (page > 0 && is_zero_page(chunk + page - LAYOUT_PAGE)) {
		page -= LAYOUT_PAGE;
	}
	return min_size(size, page);
}

static int put_chunk(struct build *b, uint64_t gaddr, size_t size)
{
	size = without_zeroes(b->chunk, size);
	if (size == 0) {
		return 0;
	}
	return domctl_write_memory(b->c, b->domid, gaddr, b->chunk, size);
}

static int fill_chunk(struct build *b, const struct fill_piece *p, uint64_t at)
{
	const size_t size = min_size(p->size - at, CHUNK);

	if (take_chunk(b, p, at, size) != 0 ||
	    put_chunk(b, p->gaddr + at, size) != 0) {
		return corbel_fail_errno(b->c, b->object,
					 "writing its memory at 0x%lx",
					 p->gaddr + at);
	}
	return 0;
}

int fill_memory(struct build *b, const struct fill_piece *p)
{
	if (b->chunk == NULL) {
		b->chunk = call_buffer(b->c, CHUNK);
	}
	if (b->chunk == NULL) {
		return corbel_fail_errno(b->c, b->object, "memory for a call");
	}
	for (uint64_t at = 0; at < p->size; at += CHUNK) {
		if (fill_chunk(b, p, at) != 0) {
			return -1;
		}
	}
	return 0;
}

void fill_end(struct build *b)
{
	if (b->chunk != NULL) {
		call_buffer_free(b->c, b->chunk);
		b->chunk = NULL;
	}
}

/* Out of the file, unless it had to be unpacked. */
static struct fill_piece segment_piece(const struct image *kernel,
				       const struct elf_segment *s)
{
	const uint8_t *const data = kernel->elf.data + s->offset;
	struct fill_piece piece = { .gaddr = s->paddr, .size = s->file_size };

	if (kernel->unpacked != NULL) {
		piece.data = data;
	} else {
		piece.fd = kernel->file.fd;
		piece.offset = (uint64_t)(data - kernel->file.bytes.data);
	}
	return piece;
}

int fill_kernel(struct build *b)
{
	const struct elf_image *elf = &b->kernel.layout;

	for (uint32_t i = 0; i < elf->segment_count; i++) {
		const struct fill_piece piece =
			segment_piece(&b->kernel, &elf->segments[i]);

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
		.size = b->initrd.bytes.size,
		.fd = b->initrd.fd,
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
	return fill_acpi(b) != 0 ? -1 : fill_start_info(b);
}
