/* SPDX-License-Identifier: MIT */
#include "svcvm/store/path.h"
#include "svcvm/store/buf.h"

#include <stdlib.h>
#include <string.h>

#include <xen/io/xs_wire.h>

/* docs/misc/xenstore.txt of the ABI: letters, digits and these four. */
static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789-/_@";

bool path_is_special(const char *path)
{
	return path[0] == '@';
}

size_t path_component(const char *path)
{
	return strcspn(path, "/");
}

/* Of an absolute path: only "/" itself ends with a slash. */
static bool slashes_are_right(const char *path)
{
	const size_t len = strlen(path);

	return len == 1 || (path[len - 1] != '/' && strstr(path, "//") == NULL);
}

static bool letters_are_right(const char *path, size_t max)
{
	const size_t len = strlen(path);

	return len > 0 && len <= max && strspn(path, allowed) == len;
}

char *path_home(uint16_t domid)
{
	struct buf b = { 0 };

	buf_print(&b, PATH_HOME "%u", domid);
	buf_add(&b, "", 1);
	return b.data;
}

static char *absolute(uint16_t domid, const char *path)
{
	struct buf b = { 0 };

	buf_print(&b, PATH_HOME "%u/", domid);
	buf_add_string(&b, path);
	return b.data;
}

char *path_resolve(uint16_t domid, const char *path)
{
	const bool whole = path[0] == '/';
	char *result;

	if (!letters_are_right(path, whole ? XENSTORE_ABS_PATH_MAX
					   : XENSTORE_REL_PATH_MAX)) {
		return NULL;
	}
	if (path_is_special(path)) {
		return strchr(path, '/') == NULL ? mem_string(path) : NULL;
	}
	result = whole ? mem_string(path) : absolute(domid, path);
	if (!slashes_are_right(result)) {
		free(result);
		return NULL;
	}
	return result;
}

bool path_is_within(const char *path, const char *top)
{
	const size_t len = strlen(top);

	if (strcmp(top, "/") == 0) {
		return path[0] == '/';
	}
	return strncmp(path, top, len) == 0 &&
	       (path[len] == '\0' || path[len] == '/');
}
