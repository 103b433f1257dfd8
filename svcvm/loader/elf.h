/* SPDX-License-Identifier: MIT */
/*
 * The ELF file of a kernel with a PVH entry point.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "svcvm/loader/bytes.h"
#include "svcvm/loader/report.h"

#define ELF_SEGMENTS_MAX 16

/* One piece of the file that goes to memory. */
struct elf_segment {
	uint32_t index;       /* in the program header table */
	uint64_t offset;      /* in the file */
	uint64_t file_size;   /* bytes to copy */
	uint64_t paddr;       /* where to */
	uint64_t memory_size; /* bytes to fill there, zeroes at the end */
};

struct elf_image {
	struct elf_segment segments[ELF_SEGMENTS_MAX];
	uint32_t segment_count; /* at least one */
	uint64_t entry;         /* inside a segment */
};

/* Says whether the file is an ELF file by its magic. */
bool elf_is(const struct bytes *file);

/*
 * Reads the headers and the Xen notes of an ELF32 or ELF64 kernel for x86.
 * On success every segment's bytes lie in the file, its memory range ends
 * below 2^64, no two segments overlap and the entry is in one of them.
 * Returns -XEN_EINVAL with the reason in `why` otherwise.
 */
int elf_read(const struct bytes *file, struct elf_image *out,
	     struct report *why);
