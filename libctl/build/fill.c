/* SPDX-License-Identifier: MIT */
/*
 * What is in a guest's memory when it starts. The hypervisor copies it there
 * out of the mapped files: that costs a call for each CHUNK, where mapping the
 * guest's pages costs two for each, and reading the files a copy more.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "libctl/build/acpi.h"
#include "libctl/build/build.h"
#include "libctl/build/start.h"
#include "libctl/ops/ops.h"

#define CHUNK DOMCTL_WRITE_MAX

/* How often a page may be gone again before the hypervisor has copied it. */
#define TRIES 8

/* Linux' fault_around_bytes: it maps what it has of a file around a page that is
 * asked for. */
#define AROUND ((uintptr_t)64 << 10)

static size_t min_size(uint64_t a, size_t b)
{
	return a < b ? (size_t)a : b;
}

/* Maps pages of a file, or brings them back from swap. */
static int bring_in(uintptr_t at, size_t size)
{
	const size_t before = at % LAYOUT_PAGE;

	if (madvise((void *)(at - before), size + before, MADV_POPULATE_READ) ==
	    0) {
		return 0;
	}
	if (errno == EFAULT) {
		errno = EIO; /* the file was cut off since it was opened */
	}
	return -1;
}

/* The same for one page here and there: most others come with them, at a quarter of
 * the cost of asking for each. */
static int bring_in_around(uintptr_t at, size_t size)
{
	const uintptr_t end = at + size;

	for (; at < end; at = (at | (AROUND - 1)) + 1) {
		if (bring_in(at, 1) != 0) {
			return -1;
		}
	}
	return 0;
}

static int write_chunk(struct build *b, uint64_t gaddr, const uint8_t *data,
		       size_t size)
{
	const uintptr_t at = (uintptr_t)data;

	for (unsigned int i = 0; i < TRIES; i++) {
		if ((i == 0 ? bring_in_around(at, size) : bring_in(at, size)) !=
		    0) {
			break;
		}
		if (domctl_write_memory(b->c, b->domid, gaddr, data, size) ==
		    0) {
			return 0;
		}
		if (errno != EFAULT) {
			break;
		}
	}
	return corbel_fail_errno(b->c, b->object, "writing its memory at 0x%lx",
				 gaddr);
}

/* Zeroes need no writing: new memory has nothing else in it. */
int fill_memory(struct build *b, const struct fill_piece *p)
{
	for (uint64_t at = 0; at < p->size; at += CHUNK) {
		if (write_chunk(b, p->gaddr + at, p->data + at,
				min_size(p->size - at, CHUNK)) != 0) {
			return -1;
		}
	}
	return 0;
}

int fill_kernel(struct build *b)
{
	const struct elf_image *elf = &b->kernel.layout;

	for (uint32_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *s = &elf->segments[i];
		const struct fill_piece piece = {
			.gaddr = s->paddr,
			.size = s->file_size,
			.data = b->kernel.elf.data + s->offset,
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
