/* SPDX-License-Identifier: MIT */
/*
 * The readers are those of the service VM's loader: they take nothing on trust
 * from the file.
 */
#include "libctl/build/image.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libctl/core/internal.h"
#include "svcvm/loader/bzimage.h"
#include "svcvm/loader/unpack.h"

/* Above all kernels and initrds there are, below what hurts the host. */
#define FILE_SIZE_MAX     (UINT64_C(2) << 30)
#define UNPACKED_SIZE_MAX (UINT64_C(1) << 30)

static int map_open_file(struct corbel *c, const char *object, int fd,
			 struct bytes *out)
{
	struct stat st;
	void *data;

	if (fstat(fd, &st) != 0) {
		return corbel_fail_errno(c, object, "stat");
	}
	if (!S_ISREG(st.st_mode)) {
		return corbel_fail(c, CORBEL_INVALID, object, "not a file");
	}
	if ((uint64_t)st.st_size > FILE_SIZE_MAX) {
		return corbel_fail(c, CORBEL_INVALID, object,
				   "%lld MiB are too large",
				   (long long)st.st_size >> 20);
	}
	if (st.st_size == 0) {
		return 0;
	}
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED) {
		return corbel_fail_errno(c, object, "read");
	}
	*out = (struct bytes){ data, (uint64_t)st.st_size };
	return 0;
}

int image_open_file(struct corbel *c, const char *object, const char *path,
		    struct image_file *out)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int rc;

	*out = (struct image_file){ .fd = fd };
	if (fd < 0) {
		return corbel_fail_errno(c, object, "open");
	}
	rc = map_open_file(c, object, fd, &out->bytes);
	if (out->bytes.data == NULL) {
		close(fd);
	}
	return rc;
}

void image_close_file(struct image_file *file)
{
	if (file->bytes.data != NULL) {
		munmap((void *)(uintptr_t)file->bytes.data, file->bytes.size);
		close(file->fd);
	}
	*file = (struct image_file){ 0 };
}

static int unpack_payload(const struct bzimage *bz, struct image *out,
			  struct report *why)
{
	if (bz->unpacked_size > UNPACKED_SIZE_MAX) {
		return report_error(why,
				    "unpacks to %lu MiB, which is no kernel",
				    bz->unpacked_size >> 20);
	}
	out->unpacked = malloc(bz->unpacked_size + 1);
	if (out->unpacked == NULL) {
		return report_error(why, "no memory to unpack it");
	}
	out->elf = (struct bytes){ out->unpacked, bz->unpacked_size };
	return unpack(&bz->payload, out->unpacked, bz->unpacked_size, why);
}

static int find_elf(const struct bytes *file, struct image *out,
		    struct report *why)
{
	struct bzimage bz;

	out->elf = *file;
	if (!bzimage_is(file)) {
		return 0;
	}
	if (bzimage_read(file, &bz, why) != 0) {
		return -1;
	}
	if (elf_is(&bz.payload)) {
		out->elf = bz.payload;
		return 0;
	}
	return unpack_payload(&bz, out, why);
}

int image_parse(const struct bytes *file, struct image *out, struct report *why)
{
	*out = (struct image){ 0 };
	if (find_elf(file, out, why) != 0 ||
	    elf_read(&out->elf, &out->layout, why) != 0) {
		image_free(out);
		return -1;
	}
	return 0;
}

int image_read_kernel(struct corbel *c, const char *path, struct image *out)
{
	struct report why = { "" };
	struct image_file file;
	char object[128];

	snprintf(object, sizeof(object), "kernel %s", path);
	if (image_open_file(c, object, path, &file) != 0) {
		return -1;
	}
	if (image_parse(&file.bytes, out, &why) != 0) {
		image_close_file(&file);
		return corbel_fail(c, CORBEL_INVALID, object, "%s", why.text);
	}
	out->file = file;
	return 0;
}

void image_free(struct image *image)
{
	image_close_file(&image->file);
	free(image->unpacked);
	*image = (struct image){ 0 };
}
