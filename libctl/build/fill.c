/* SPDX-License-Identifier: MIT */
/*
 * What is in a guest's memory when it starts. The hypervisor copies it there:
 * it costs a call for each CHUNK, where mapping pages costs two for each.
 */
#include <stdlib.h>
#include <string.h>

#include "libctl/build/acpi.h"
#include "libctl/build/build.h"
#include "libctl/build/start.h"
#include "libctl/ops/ops.h"

#define CHUNK DOMCTL_WRITE_MAX

static size_t min_size(uint64_t a, size_t b)
{
	return a < b ? (size_t)a : b;
}

static int read_piece(const struct fill_piece *p, uint64_t at, uint8_t *out,
		      size_t size)
{
	if (p->file != NULL) {
		return image_read_at(p->file, p->offset + at, out, size);
	}
	memcpy(out, p->data + at, size);
	return 0;
}

static int fail_write(struct build *b, uint64_t gaddr)
{
	return corbel_fail_errno(b->c, b->object, "writing its memory at 0x%lx",
				 gaddr);
}

/* Zeroes need no writing: new memory has nothing else in it. */
int fill_memory(struct build *b, const struct fill_piece *piece)
{
	uint8_t *const buffer = call_buffer(b->c, CHUNK);
	int rc = 0;

	if (buffer == NULL) {
		return corbel_fail_errno(b->c, b->object, "memory for a call");
	}
	for (uint64_t at = 0; at < piece->size && rc == 0; at += CHUNK) {
		const size_t size = min_size(piece->size - at, CHUNK);

		if (read_piece(piece, at, buffer, size) != 0 ||
		    domctl_write_memory(b->c, b->domid, piece->gaddr + at,
					buffer, size) != 0) {
			rc = fail_write(b, piece->gaddr + at);
		}
	}
	call_buffer_free(b->c, buffer);
	return rc;
}

int fill_kernel(struct build *b)
{
	const struct elf_image *elf = &b->kernel.layout;
	const bool is_file = b->kernel.elf.data == b->kernel.file.bytes.data;

	for (uint32_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *s = &elf->segments[i];
		const struct fill_piece piece = {
			.gaddr = s->paddr,
			.size = s->file_size,
			.data = b->kernel.elf.data + s->offset,
			.file = is_file ? &b->kernel.file : NULL,
			.offset = s->offset,
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
		.size = b->initrd.bytes.size,
		.file = &b->initrd,
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
