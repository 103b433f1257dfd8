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

/* `kind` is S_IFREG or S_IFBLK, `noun` a word for it. */
static int check_kind(struct reader *r, const xmlNode *node, const char *path,
		      mode_t kind, const char *noun)
{
	const char *const element = (const char *)node->name;
	struct stat st;

	if (path[0] != '/') {
		return reader_fail(r, node, CORBEL_INVALID,
				   "<%s>: '%.200s' is no absolute path",
				   element, path);
	}
	if (r->elsewhere) {
		return 0;
	}
	if (stat(path, &st) != 0 || access(path, R_OK) != 0) {
		return reader_fail(
			r, node,
			errno == ENOENT ? CORBEL_NOT_FOUND : CORBEL_INVALID,
			"<%s>: %.200s: %s", element, path, strerror(errno));
	}
	return (st.st_mode & S_IFMT) == kind
		       ? 0
		       : reader_fail(r, node, CORBEL_INVALID,
				     "<%s>: %.200s is no %s", element, path,
				     noun);
}

int check_file(struct reader *r, const xmlNode *node, const char *path)
{
	return check_kind(r, node, path, S_IFREG, "file");
}

int check_block_device(struct reader *r, const xmlNode *node, const char *path)
{
	return check_kind(r, node, path, S_IFBLK, "block device");
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
	if (r->elsewhere || stat(path, &st) == 0) {
		return 0;
	}
	return reader_fail(r, node, CORBEL_NOT_FOUND,
			   "<%s>: there is no bridge %s (make it with: ip link "
			   "add %s type bridge)",
			   (const char *)node->name, name, name);
}
