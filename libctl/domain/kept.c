/* SPDX-License-Identifier: MIT */
#include "libctl/domain/kept.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "libctl/core/internal.h"
#include "libctl/pool/pool.h"

#define PATH_SIZE 128

const char *kept_folder = "/run/corbel/guests";

static void path_of(uint32_t domid, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/%u.xml", kept_folder, domid);
}

/* The folder, and the one that it is in. */
static int make_folder(struct corbel *c)
{
	char parent[PATH_SIZE];

	snprintf(parent, sizeof(parent), "%s", kept_folder);
	*strrchr(parent, '/') = '\0';
	if ((mkdir(parent, 0755) != 0 && errno != EEXIST) ||
	    (mkdir(kept_folder, 0700) != 0 && errno != EEXIST)) {
		return corbel_fail_errno(c, kept_folder, "make the folder");
	}
	return 0;
}

int kept_write(struct corbel *c, uint32_t domid,
	       const struct corbel_config *config)
{
	char path[PATH_SIZE];

	if (config->xml == NULL) {
		kept_remove(domid); /* of one that had the number before */
		return 0;
	}
	path_of(domid, path);
	return make_folder(c) == 0 ? file_write_text(c, path, config->xml) : -1;
}

void kept_remove(uint32_t domid)
{
	char path[PATH_SIZE];

	path_of(domid, path);
	unlink(path);
}

static int set_pool(struct corbel *c, const char *path, const char *xml,
		    const char *pool)
{
	char *const with = pool_in_xml(xml, pool);
	int ret;

	if (with == NULL) {
		return corbel_fail(c, CORBEL_NO_MEMORY, path, "no memory left");
	}
	ret = file_write_text(c, path, with);
	free(with);
	return ret;
}

int kept_set_pool(struct corbel *c, uint32_t domid, const char *pool)
{
	char path[PATH_SIZE], *text;
	size_t size;
	int ret;

	path_of(domid, path);
	if (access(path, F_OK) != 0) {
		return 0;
	}
	text = file_read_text(c, path, &size);
	if (text == NULL) {
		return -1;
	}
	ret = set_pool(c, path, text, pool);
	free(text);
	return ret;
}

static int not_kept(struct corbel *c, uint32_t domid)
{
	char object[32];

	snprintf(object, sizeof(object), "domain %u", domid);
	return corbel_fail(c, CORBEL_NOT_FOUND, object,
			   "there is no description of it (it was not "
			   "made from one by corbel create)");
}

int corbel_xml(struct corbel *c, uint32_t domid, char **text)
{
	char path[PATH_SIZE];
	size_t size;

	path_of(domid, path);
	if (access(path, F_OK) != 0 && errno == ENOENT) {
		return not_kept(c, domid);
	}
	*text = file_read_text(c, path, &size);
	return *text != NULL ? 0 : -1;
}

/* The file is as old as the guest. */
int corbel_uptime(struct corbel *c, uint32_t domid, uint64_t *seconds)
{
	const time_t now = time(NULL);
	struct timespec booted;
	char path[PATH_SIZE];
	struct stat st;

	if (domid == 0) {
		clock_gettime(CLOCK_BOOTTIME, &booted);
		*seconds = (uint64_t)booted.tv_sec;
		return 0;
	}
	path_of(domid, path);
	if (stat(path, &st) != 0) {
		return not_kept(c, domid);
	}
	*seconds = now > st.st_mtime ? (uint64_t)(now - st.st_mtime) : 0;
	return 0;
}
