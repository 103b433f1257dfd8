/* SPDX-License-Identifier: MIT */
#include "pv-drivers/bin/figures.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pv-drivers/blk/back.h"

#define PARENT  "/run/corbel"
#define FIGURES PARENT "/backends"

static const struct {
	const char *name;
	size_t offset;
} figures[] = {
	{ "rd_req", offsetof(struct blk_counts, reads) },
	{ "wr_req", offsetof(struct blk_counts, writes) },
	{ "f_req", offsetof(struct blk_counts, flushes) },
	{ "rd_sect", offsetof(struct blk_counts, read_sectors) },
	{ "wr_sect", offsetof(struct blk_counts, written_sectors) },
};

#define COUNT (sizeof(figures) / sizeof(figures[0]))

struct folder {
	char disk[sizeof(FIGURES) + 32];
	char statistics[sizeof(FIGURES) + 48];
};

static struct folder folder_of(const char *name)
{
	struct folder f;

	snprintf(f.disk, sizeof(f.disk), FIGURES "/%.30s", name);
	snprintf(f.statistics, sizeof(f.statistics), "%s/statistics", f.disk);
	return f;
}

static struct folder folder_of_disk(uint16_t domain, uint32_t number)
{
	char name[32];

	snprintf(name, sizeof(name), "vbd-%u-%" PRIu32, domain, number);
	return folder_of(name);
}

/* All of the same length, so that a file that is read meanwhile is whole. */
static void write_figure(int folder, const char *name, uint64_t figure)
{
	const int fd =
		openat(folder, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd >= 0) {
		dprintf(fd, "%020" PRIu64 "\n", figure);
		close(fd);
	}
}

void figures_write(uint16_t domain, uint32_t number,
		   const struct blk_counts *counts)
{
	const struct folder f = folder_of_disk(domain, number);
	int fd;

	mkdir(PARENT, 0755);
	mkdir(FIGURES, 0755);
	mkdir(f.disk, 0755);
	mkdir(f.statistics, 0755);
	fd = open(f.statistics, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		return;
	}
	for (size_t i = 0; i < COUNT; i++) {
		write_figure(fd, figures[i].name,
			     *(const uint64_t *)((const char *)counts +
						 figures[i].offset));
	}
	close(fd);
}

static void remove_folder(const struct folder *f)
{
	char path[sizeof(f->statistics) + 16];

	for (size_t i = 0; i < COUNT; i++) {
		snprintf(path, sizeof(path), "%s/%s", f->statistics,
			 figures[i].name);
		unlink(path);
	}
	rmdir(f->statistics);
	rmdir(f->disk);
}

void figures_remove(uint16_t domain, uint32_t number)
{
	const struct folder f = folder_of_disk(domain, number);

	remove_folder(&f);
}

void figures_begin(void)
{
	DIR *const all = opendir(FIGURES);
	const struct dirent *entry;
	struct folder f;

	while (all != NULL && (entry = readdir(all)) != NULL) {
		if (entry->d_name[0] != '.') {
			f = folder_of(entry->d_name);
			remove_folder(&f);
		}
	}
	if (all != NULL) {
		closedir(all);
	}
}
