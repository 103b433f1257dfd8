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
	if (!xs_set_permissions(t->xs, t->id, path, perms, count)) {
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
static int run_once(struct store_txn *t,
		    void (*work)(struct store_txn *t, const void *context),
		    const void *context)
{
	t->error = 0;
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

int store_transaction(struct corbel *c, uint32_t domid, const char *object,
		      void (*work)(struct store_txn *t, const void *context),
		      const void *context)
{
	struct store_txn t = { .xs = handle_store(c), .domid = domid };

	if (t.xs == NULL) {
		return -1;
	}
	for (unsigned int i = 0; i < TRIES_MAX; i++) {
		if (run_once(&t, work, context) == 0) {
			return 0;
		}
		if (errno != EAGAIN) {
			break;
		}
	}
	return corbel_fail_errno(c, object, "store, %s", t.path);
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
