/* SPDX-License-Identifier: MIT */
/*
 * Finding a guest by its name, and its console.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libctl/config/config.h"
#include "libctl/domain/definition_file.h"
#include "libctl/domain/store.h"

#define CONSOLE_WAIT_MS 5000

/* The domain of that name among the `count` in `ids`; -1 if there is none. */
static int find_name(struct corbel *c, char **ids, unsigned int count,
		     const char *name, uint32_t *domid)
{
	char other[256];

	for (unsigned int i = 0; i < count; i++) {
		const uint32_t id = (uint32_t)strtoul(ids[i], NULL, 10);

		if (store_domain_name(c, id, other) == 0 &&
		    strcmp(other, name) == 0) {
			*domid = id;
			return 0;
		}
	}
	return -1;
}

static int find_id(struct corbel *c, uint64_t id, uint32_t *domid)
{
	struct corbel_info info;

	if (id > UINT16_MAX) {
		return corbel_fail(c, CORBEL_NOT_FOUND, NULL,
				   "there is no domain %" PRIu64, id);
	}
	if (corbel_info(c, (uint32_t)id, &info) != 0) {
		return -1;
	}
	*domid = (uint32_t)id;
	return 0;
}

int corbel_find(struct corbel *c, const char *name, uint32_t *domid)
{
	struct xs_handle *xs;
	char object[128];
	unsigned int count;
	uint64_t id;
	char **ids;
	int ret;

	if (value_number(name, &id)) {
		return find_id(c, id, domid);
	}
	xs = handle_store(c);
	if (xs == NULL) {
		return -1;
	}
	snprintf(object, sizeof(object), "guest %.100s", name);
	ids = xs_directory(xs, XBT_NULL, "/local/domain", &count);
	if (ids == NULL && errno != ENOENT) {
		return corbel_fail_errno(c, object, "store, /local/domain");
	}
	ret = ids != NULL ? find_name(c, ids, count, name, domid) : -1;
	free(ids);
	if (ret != 0) {
		corbel_fail(c, CORBEL_NOT_FOUND, object,
			    definition_is_there(name)
				    ? "it is shut off (corbel start starts it)"
				    : "there is no guest of this name");
	}
	return ret;
}

static bool has_text(const char *text)
{
	return text != NULL && text[0] != '\0';
}

int corbel_console_path(struct corbel *c, uint32_t domid, char **path)
{
	struct xs_handle *const xs = handle_store(c);
	char node[STORE_PATH_MAX], object[300], name[256];

	if (xs == NULL) {
		return -1;
	}
	if (store_domain_name(c, domid, name) != 0) {
		snprintf(name, sizeof(name), "%u", domid);
	}
	snprintf(object, sizeof(object), "guest %s", name);
	if (domid == 0) {
		return corbel_fail(c, CORBEL_INVALID, object,
				   "the service VM's console is the machine's");
	}
	snprintf(node, sizeof(node), "/local/domain/%u/console/tty", domid);
	/* A guest that has just been made has none for a moment. */
	if (store_wait(xs, node, has_text, CONSOLE_WAIT_MS) != 0) {
		return corbel_fail(c, CORBEL_TIMEOUT, object,
				   "its console has no terminal (is "
				   "corbel-consoled running?)");
	}
	*path = store_read(xs, node);
	if (*path == NULL) {
		return corbel_fail_errno(c, object, "store, %s", node);
	}
	return 0;
}
