/* SPDX-License-Identifier: MIT */
/*
 * No disk is written by one guest while another uses it: neither would notice,
 * and the file system on it would be lost. A disk is known by its device or
 * inode, whatever path leads there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "libctl/domain/device.h"

int device_share_name(struct corbel *c, struct device *d)
{
	struct stat st;

	if (stat(d->disk->source, &st) != 0) {
		return corbel_fail_errno(c, d->object, "%.200s",
					 d->disk->source);
	}
	if (S_ISBLK(st.st_mode)) {
		snprintf(d->storage, sizeof(d->storage), "block %x:%x",
			 major(st.st_rdev), minor(st.st_rdev));
	} else {
		snprintf(d->storage, sizeof(d->storage), "file %lx:%lx",
			 (unsigned long)st.st_dev, (unsigned long)st.st_ino);
	}
	return 0;
}

/* Whether the disk with these notes is the same, and one of the two writes. */
static bool collides(struct xs_handle *xs, const char *notes,
		     const struct device *d)
{
	char *const storage = store_read_in(xs, notes, "storage");
	char *const mode = store_read_in(xs, notes, "mode");
	bool answer;

	answer = storage != NULL && strcmp(storage, d->storage) == 0 &&
		 (!d->disk->readonly || mode == NULL || strcmp(mode, "r") != 0);
	free(storage);
	free(mode);
	return answer;
}

static bool domain_collides(struct xs_handle *xs, const char *domid,
			    const struct device *d)
{
	char folder[128], notes[STORE_PATH_MAX];
	unsigned int count;
	bool answer = false;
	char **ids;

	snprintf(folder, sizeof(folder), "/libxl/%s/device/vbd", domid);
	ids = xs_directory(xs, XBT_NULL, folder, &count);
	if (ids == NULL) {
		return false;
	}
	for (unsigned int i = 0; i < count && !answer; i++) {
		snprintf(notes, sizeof(notes), "%s/%s", folder, ids[i]);
		answer = collides(xs, notes, d);
	}
	free(ids);
	return answer;
}

int device_share_check(struct corbel *c, const struct device *d)
{
	unsigned int count;
	int ret = 0;
	char **domids = xs_directory(c->xs, XBT_NULL, "/libxl", &count);

	if (domids == NULL) {
		return errno == ENOENT ? 0
				       : corbel_fail_errno(c, d->object,
							   "store, /libxl");
	}
	for (unsigned int i = 0; i < count && ret == 0; i++) {
		if (domain_collides(c->xs, domids[i], d)) {
			ret = corbel_fail(c, CORBEL_EXISTS, d->object,
					  "%.200s is in use by domain %s, and "
					  "one of the two would write to it",
					  d->disk->source, domids[i]);
		}
	}
	free(domids);
	return ret;
}
