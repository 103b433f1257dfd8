/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "toolstack/owner/owner.h"

const char *pending_folder = "/run/corbel/restart";

/* Waits until nobody else is at it. False if its file is gone by then. */
static bool lock(struct pending *p)
{
	struct stat st;

	return flock(p->fd, LOCK_EX) == 0 && fstat(p->fd, &st) == 0 &&
	       st.st_nlink > 0;
}

static bool open_locked(struct pending *p, int flags)
{
	/* The one whose lock was waited for has removed the file. */
	for (;;) {
		p->fd = open(p->path, O_RDWR | O_CLOEXEC | flags, 0600);
		if (p->fd < 0 || lock(p)) {
			return p->fd >= 0;
		}
		close(p->fd);
	}
}

bool pending_begin(struct pending *p, const char *name, const char *xml)
{
	const size_t size = strlen(xml);

	snprintf(p->path, sizeof(p->path), "%s/%.64s.xml", pending_folder,
		 name);
	if (mkdir(pending_folder, 0700) != 0 && errno != EEXIST) {
		return false;
	}
	if (!open_locked(p, O_CREAT)) {
		return false;
	}
	if (ftruncate(p->fd, 0) != 0 ||
	    write(p->fd, xml, size) != (ssize_t)size) {
		pending_end(p);
		return false;
	}
	return true;
}

bool pending_take(struct pending *p, const char *path)
{
	snprintf(p->path, sizeof(p->path), "%s", path);
	return open_locked(p, 0);
}

void pending_end(struct pending *p)
{
	unlink(p->path);
	close(p->fd);
}

void pending_each(void (*call)(const char *path, void *context), void *context)
{
	DIR *const folder = opendir(pending_folder);
	const struct dirent *entry;
	char path[512];

	if (folder == NULL) {
		return;
	}
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", pending_folder,
				 entry->d_name);
			call(path, context);
		}
	}
	closedir(folder);
}
