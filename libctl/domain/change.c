/* SPDX-License-Identifier: MIT */
/*
 * What a running guest is told through the store: its name, keys.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libctl/config/config.h"
#include "libctl/domain/life.h"
#include "libctl/domain/store.h"
#include "libctl/domain/subject.h"

/* ---- name ---- */

struct new_name {
	const char *name;
	char *vm; /* "/vm/UUID", or NULL */
};

static void write_name(struct store_txn *t, const void *context)
{
	const struct new_name *const n = context;
	char home[STORE_PATH_MAX];

	snprintf(home, sizeof(home), "/local/domain/%u", t->domid);
	store_write(t, STORE_GUEST_READS, home, "name", "%s", n->name);
	if (n->vm != NULL) {
		store_write(t, STORE_GUEST_READS, n->vm, "name", "%s", n->name);
	}
}

static int check_free(struct corbel *c, const char *object, const char *name)
{
	uint32_t other;

	if (!value_name(name)) {
		return corbel_fail(c, CORBEL_INVALID, object,
				   "\"%.100s\" is no name for a guest", name);
	}
	if (corbel_find(c, name, &other) == 0) {
		return corbel_fail(c, CORBEL_EXISTS, object,
				   "the name %.100s is in use by domain %u",
				   name, other);
	}
	return corbel_error(c)->code == CORBEL_NOT_FOUND ? 0 : -1;
}

int corbel_rename(struct corbel *c, uint32_t domid, const char *name)
{
	struct new_name n = { .name = name };
	char object[SUBJECT_SIZE], path[STORE_PATH_MAX];
	int ret;

	subject_name(c, domid, object, sizeof(object));
	if (subject_is_guest(c, domid) != 0 ||
	    check_free(c, object, name) != 0) {
		return -1;
	}
	snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
	n.vm = store_read(c->xs, path);
	ret = store_transaction(c, domid, object, write_name, &n);
	free(n.vm);
	return ret;
}

/* ---- keys ---- */

int corbel_sysrq(struct corbel *c, uint32_t domid, char key)
{
	struct xs_handle *const xs = handle_store(c);
	char path[STORE_PATH_MAX];

	if (xs == NULL || subject_is_guest(c, domid) != 0) {
		return -1;
	}
	snprintf(path, sizeof(path), "/local/domain/%u/control/sysrq", domid);
	return xs_write(xs, XBT_NULL, path, &key, 1)
		       ? 0
		       : subject_fail(c, domid, path);
}
