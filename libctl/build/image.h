/* SPDX-License-Identifier: MIT */
/*
 * Files that go into a guest: the kernel as an ELF file, and the initrd.
 */
#pragma once

#include "libctl/corbel.h"
#include "svcvm/loader/bytes.h"
#include "svcvm/loader/elf.h"
#include "svcvm/loader/report.h"

/* Mapped for looking into it, and open for reading the whole of it. */
struct image_file {
	struct bytes bytes;
	int fd; /* if there is data */
};

struct image {
	struct bytes elf; /* of the file, or unpacked */
	struct elf_image layout;
	struct image_file file; /* as it is on disk; or none */
	uint8_t *unpacked;      /* or NULL */
};

/* Opens and maps a file; without data if it is empty. */
int image_open_file(struct corbel *c, const char *object, const char *path,
		    struct image_file *out);
void image_close_file(struct image_file *file);

/* Finds the ELF kernel in `file`, an ELF file or a bzImage, whose memory stays
 * the caller's until image_free(). -1 with the reason in `why`. */
int image_parse(const struct bytes *file, struct image *out,
		struct report *why);

/* Both for a kernel's path. */
int image_read_kernel(struct corbel *c, const char *path, struct image *out);
void image_free(struct image *image);
