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

/* Of a store daemon that cannot be asked for a name: looks at all domains. */
static int search_name(struct corbel *c, struct xs_handle *xs, const char *name,
		       uint32_t *domid)
{
	unsigned int count;
	char **const ids = xs_directory(xs, XBT_NULL, "/local/domain", &count);
	char other[256];

	if (ids == NULL) {
		return -1;
	}

	for (unsigned int i = 0; i < count; i++) {
		const uint32_t id = (uint32_t)strtoul(ids[i], NULL, 10);

		if (store_domain_name(c, id, other) == 0 &&
		    strcmp(other, name) == 0) {
			*domid = id;
			free(ids);
			return 0;
		}
	}
	free(ids);
	errno = ENOENT;
	return -1;
}

/* -1 with ENOENT where there is none. */
static int find_name(struct corbel *c, struct xs_handle *xs, const char *name,
		     uint32_t *domid)
{
	char *const text =
		xs_control_command(xs, "domain", (void *)(uintptr_t)name,
				   (unsigned int)strlen(name) + 1);

	if (text != NULL) {
		*domid = (uint32_t)strtoul(text, NULL, 10);
		free(text);
		return 0;
	}
	if (errno == EINVAL || errno == ENOSYS) {
		return search_name(c, xs, name, domid);
	}
	if (errno == ENOENT && strcmp(name, SERVICE_VM_NAME) == 0) {
		*domid = 0;
		return 0;
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
	uint64_t id;

	if (value_number(name, &id)) {
		return find_id(c, id, domid);
	}
	xs = handle_store(c);
	if (xs == NULL) {
		return -1;
	}
	snprintf(object, sizeof(object), "guest %.100s", name);
	if (find_name(c, xs, name, domid) == 0) {
		return 0;
	}
	if (errno != ENOENT) {
		return corbel_fail_errno(c, object, "store, /local/domain");
	}
	return corbel_fail(c, CORBEL_NOT_FOUND, object,
			   definition_is_there(name)
				   ? "it is shut off (corbel start starts it)"
				   : "there is no guest of this name");
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
	if (store_wait(node, has_text, CONSOLE_WAIT_MS) != 0) {
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
