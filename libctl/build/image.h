/* SPDX-License-Identifier: MIT */
/*
 * Files that go into a guest: the kernel as an ELF file, and the initrd.
 */
#pragma once

#include "libctl/corbel.h"
#include "svcvm/loader/bytes.h"
#include "svcvm/loader/elf.h"
#include "svcvm/loader/report.h"

/*
 * A file that is open: `bytes` shows it, for a look at its headers. What goes
 * into the guest is read, which tells when somebody has cut the file off.
 */
struct file {
	int fd;
	struct bytes bytes; /* NULL if it is empty */
};

#define FILE_NONE ((struct file){ .fd = -1 })

struct image {
	struct bytes elf; /* of the file, or unpacked */
	struct elf_image layout;
	struct file file;  /* as it is on disk; or FILE_NONE */
	uint8_t *unpacked; /* or NULL */
};

int image_open_file(struct corbel *c, const char *object, const char *path,
		    struct file *out);
void image_close_file(struct file *file);
/* `size` bytes at `offset`, all of them; or -1 with errno. */
int image_read_at(const struct file *file, uint64_t offset, uint8_t *out,
		  size_t size);

/* Finds the ELF kernel in `file`, an ELF file or a bzImage, whose memory stays
 * the caller's until image_free(). -1 with the reason in `why`. */
int image_parse(const struct bytes *file, struct image *out,
		struct report *why);

/* Both for a kernel's path. */
int image_read_kernel(struct corbel *c, const char *path, struct image *out);
void image_free(struct image *image);
