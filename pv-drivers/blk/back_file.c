/* SPDX-License-Identifier: MIT */
#include "pv-drivers/blk/back_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "pv-drivers/blk/buffer.h"
#include "pv-drivers/blk/storage.h"

#define PAGE 4096u

/*
 * Whether sectors of 512 bytes can be read around the page cache. Trying is
 * the one way that asks file system and device alike.
 */
static bool sectors_work(int fd)
{
	void *buffer = buffer_get(STORAGE_SECTOR);
	bool works;

	if (buffer == NULL) {
		return false;
	}
	works = pread(fd, buffer, STORAGE_SECTOR, 0) == STORAGE_SECTOR;
	buffer_put(buffer, STORAGE_SECTOR);
	return works;
}

static int open_best(const char *path, bool read_only)
{
	const int flags = (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC;
	const int fd = open(path, flags | O_DIRECT);

	if (fd >= 0 && sectors_work(fd)) {
		return fd;
	}
	if (fd >= 0) {
		close(fd);
	} else if (errno != EINVAL) {
		return -1;
	}
	return open(path, flags);
}

/* A number from the device's queue in sysfs; a partition's is its disk's. */
static unsigned long queue_limit(dev_t device, const char *name)
{
	static const char *const places[] = { "queue", "../queue" };
	unsigned long value = 0;

	for (unsigned int i = 0; i < 2; i++) {
		char path[128];
		FILE *f;

		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s/%s",
			 major(device), minor(device), places[i], name);
		f = fopen(path, "re");
		if (f == NULL) {
			continue;
		}
		if (fscanf(f, "%lu", &value) != 1) {
			value = 0;
		}
		fclose(f);
		break;
	}
	return value;
}

static int describe_device(int fd, dev_t device, struct storage *s)
{
	uint64_t bytes;
	unsigned int physical;

	if (ioctl(fd, BLKGETSIZE64, &bytes) != 0 ||
	    ioctl(fd, BLKPBSZGET, &physical) != 0) {
		return -1;
	}
	s->sectors = bytes / STORAGE_SECTOR;
	s->physical_sector = physical;
	s->discard_granularity =
		(uint32_t)queue_limit(device, "discard_granularity");
	s->can_discard = queue_limit(device, "discard_max_bytes") != 0;
	return 0;
}

static void describe_file(const struct stat *st, struct storage *s)
{
	s->sectors = (uint64_t)st->st_size / STORAGE_SECTOR;
	s->physical_sector = PAGE;
	s->discard_granularity = (uint32_t)st->st_blksize;
	s->can_discard = true;
}

static int describe(int fd, struct storage *s)
{
	struct stat st;

	if (fstat(fd, &st) != 0) {
		return -1;
	}
	if (S_ISBLK(st.st_mode)) {
		return describe_device(fd, st.st_rdev, s);
	}
	if (S_ISREG(st.st_mode)) {
		describe_file(&st, s);
		return 0;
	}
	errno = ENOTBLK;
	return -1;
}

int back_file_open(const char *path, bool read_only, struct storage *s)
{
	const int fd = open_best(path, read_only);

	if (fd < 0) {
		return -1;
	}
	s->read_only = read_only;
	if (describe(fd, s) != 0) {
		const int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	/* io/blkif.h: the size is a multiple of the physical sector size. */
	if (s->physical_sector < STORAGE_SECTOR ||
	    s->sectors * STORAGE_SECTOR % s->physical_sector != 0) {
		s->physical_sector = STORAGE_SECTOR;
	}
	if (s->discard_granularity < STORAGE_SECTOR) {
		s->discard_granularity = STORAGE_SECTOR;
	}
	s->can_discard = s->can_discard && !read_only;
	return fd;
}
