/* SPDX-License-Identifier: MIT */
/*
 * Transactions on the store.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libctl/domain/store.h"

/* Others write seldom; this many times in a row is no accident. */
#define TRIES_MAX 64

static void failed(struct store_txn *t, const char *path)
{
	t->error = errno != 0 ? errno : EIO;
	snprintf(t->path, sizeof(t->path), "%s", path);
}

struct store_given {
	char path[STORE_PATH_MAX];
	enum store_access access;
};

static bool is_below(const char *path, const char *top)
{
	const size_t length = strlen(top);

	return strncmp(path, top, length) == 0 && path[length] == '/';
}

/* Does a new node there have this access already? The nearest above it decides. */
static bool inherits(const struct store_txn *t, enum store_access access,
		     const char *path)
{
	const struct store_given *nearest = NULL;

	for (size_t i = 0; i < t->given_count; i++) {
		const struct store_given *const g = &t->given[i];

		if (is_below(path, g->path) &&
		    (nearest == NULL || is_below(g->path, nearest->path))) {
			nearest = g;
		}
	}
	return nearest != NULL && nearest->access == access;
}

static void remember(struct store_txn *t, enum store_access access,
		     const char *path)
{
	struct store_given *const more =
		reallocarray(t->given, t->given_count + 1, sizeof(*t->given));

	if (more == NULL) {
		failed(t, path);
		return;
	}
	t->given = more;
	more[t->given_count].access = access;
	snprintf(more[t->given_count++].path, STORE_PATH_MAX, "%s", path);
}

static void set_access(struct store_txn *t, enum store_access access,
		       const char *path)
{
	/* The first entry is the owner, with what everybody else may. */
	struct xs_permissions perms[2] = {
		{ .id = 0, .perms = XS_PERM_NONE },
	};
	unsigned int count = 1;

	switch (access) {
	case STORE_PRIVATE:
		break;
	case STORE_GUEST_READS:
		perms[1].id = t->domid;
		perms[1].perms = XS_PERM_READ;
		count = 2;
		break;
	case STORE_GUEST_OWNS:
		perms[0].id = t->domid;
		break;
	case STORE_FRONT:
		perms[0].id = t->domid;
		perms[1].id = 0;
		perms[1].perms = XS_PERM_READ;
		count = 2;
		break;
	}
	if (inherits(t, access, path)) {
		return;
	}
	if (xs_set_permissions(t->xs, t->id, path, perms, count)) {
		remember(t, access, path);
	} else {
		failed(t, path);
	}
}

void store_write(struct store_txn *t, enum store_access access,
		 const char *folder, const char *name, const char *format, ...)
{
	char path[STORE_PATH_MAX];
	va_list args;
	char *text;
	int length;

	if (t->error != 0) {
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0) {
		failed(t, path);
		return;
	}
	if (xs_write(t->xs, t->id, path, text, (unsigned int)length)) {
		set_access(t, access, path);
	} else {
		failed(t, path);
	}
	free(text);
}

void store_folder(struct store_txn *t, enum store_access access,
		  const char *path)
{
	if (t->error != 0) {
		return;
	}
	if (!xs_mkdir(t->xs, t->id, path)) {
		failed(t, path);
		return;
	}
	set_access(t, access, path);
}

void store_remove(struct store_txn *t, const char *path)
{
	if (t->error == 0 && !xs_rm(t->xs, t->id, path) && errno != ENOENT) {
		failed(t, path);
	}
}

/* Returns 0, or -1 with errno: EAGAIN to run it again. */
static int run_once(struct store_txn *t, store_work_t work, const void *context)
{
	t->error = 0;
	t->given_count = 0;
	t->id = xs_transaction_start(t->xs);
	if (t->id == XBT_NULL) {
		failed(t, "transaction");
		errno = t->error;
		return -1;
	}
	work(t, context);
	if (t->error != 0) {
		xs_transaction_end(t->xs, t->id, true);
		errno = t->error;
		return -1;
	}
	if (!xs_transaction_end(t->xs, t->id, false)) {
		failed(t, "transaction");
		errno = t->error;
		return -1;
	}
	return 0;
}

static int run_often(struct store_txn *t, store_work_t work,
		     const void *context)
{
	for (unsigned int i = 0; i < TRIES_MAX; i++) {
		if (run_once(t, work, context) == 0) {
			return 0;
		}
		if (errno != EAGAIN) {
			break;
		}
	}
	return -1;
}

int store_transaction(struct corbel *c, uint32_t domid, const char *object,
		      store_work_t work, const void *context)
{
	struct store_txn t = { .xs = handle_store(c), .domid = domid };
	int ret;

	if (t.xs == NULL) {
		return -1;
	}
	ret = run_often(&t, work, context);
	free(t.given); /* errno is kept */
	return ret == 0 ? 0 : corbel_fail_errno(c, object, "store, %s", t.path);
}

char *store_read(struct xs_handle *xs, const char *path)
{
	unsigned int length;

	return xs_read(xs, XBT_NULL, path, &length);
}

char *store_read_in(struct xs_handle *xs, const char *folder, const char *name)
{
	char path[STORE_PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return store_read(xs, path);
}
