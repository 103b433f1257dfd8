/* SPDX-License-Identifier: MIT */
/*
 * What a configuration names on this machine is there, and of the right kind.
 * It may still go away before the guest starts; this is for good messages.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libctl/config/config.h"

static int check_path(struct reader *r, const xmlNode *node, const char *path,
		      struct stat *st)
{
	const char *const element = (const char *)node->name;

	if (path[0] != '/') {
		return reader_fail(r, node, CORBEL_INVALID,
				   "<%s>: '%.200s' is no absolute path",
				   element, path);
	}
	if (stat(path, st) != 0 || access(path, R_OK) != 0) {
		return reader_fail(
			r, node,
			errno == ENOENT ? CORBEL_NOT_FOUND : CORBEL_INVALID,
			"<%s>: %.200s: %s", element, path, strerror(errno));
	}
	return 0;
}

int check_file(struct reader *r, const xmlNode *node, const char *path)
{
	struct stat st;

	if (check_path(r, node, path, &st) != 0) {
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		return reader_fail(r, node, CORBEL_INVALID,
				   "<%s>: %.200s is no file",
				   (const char *)node->name, path);
	}
	return 0;
}

int check_block_device(struct reader *r, const xmlNode *node, const char *path)
{
	struct stat st;

	if (check_path(r, node, path, &st) != 0) {
		return -1;
	}
	if (!S_ISBLK(st.st_mode)) {
		return reader_fail(r, node, CORBEL_INVALID,
				   "<%s>: %.200s is no block device",
				   (const char *)node->name, path);
	}
	return 0;
}

int check_bridge(struct reader *r, const xmlNode *node, const char *name)
{
	char path[64 + IF_NAMESIZE];
	struct stat st;

	if (!value_interface(name)) {
		return reader_fail(r, node, CORBEL_INVALID,
				   "<%s>: '%.60s' cannot be the name of a "
				   "bridge",
				   (const char *)node->name, name);
	}
	snprintf(path, sizeof(path), "/sys/class/net/%s/bridge", name);
	if (stat(path, &st) == 0) {
		return 0;
	}
	return reader_fail(r, node, CORBEL_NOT_FOUND,
			   "<%s>: there is no bridge %s (make it with: ip link "
			   "add %s type bridge)",
			   (const char *)node->name, name, name);
}
