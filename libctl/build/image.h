/* SPDX-License-Identifier: MIT */
/*
 * Files that go into a guest: the kernel as an ELF file, and the initrd.
 */
#pragma once

#include "libctl/corbel.h"
#include "svcvm/loader/bytes.h"
#include "svcvm/loader/elf.h"
#include "svcvm/loader/report.h"

struct image {
	struct bytes elf; /* inside one of the blocks below */
	struct elf_image layout;
	uint8_t *file;     /* as it is on disk; or NULL */
	uint8_t *unpacked; /* or NULL */
};

/* Reads all of a file into memory from malloc(). */
int image_read_file(struct corbel *c, const char *object, const char *path,
		    struct bytes *out);

/* Finds the ELF kernel in `file`, an ELF file or a bzImage, whose memory stays
 * the caller's until image_free(). -1 with the reason in `why`. */
int image_parse(const struct bytes *file, struct image *out,
		struct report *why);

/* Both for a kernel's path. */
int image_read_kernel(struct corbel *c, const char *path, struct image *out);
void image_free(struct image *image);
