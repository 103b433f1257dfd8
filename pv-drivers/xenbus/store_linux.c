/* SPDX-License-Identifier: MIT */
/* The store through its daemon. */
#include "pv-drivers/xenbus/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xenstore.h>

struct store {
	struct xs_handle *xs;
	xs_transaction_t transaction; /* XBT_NULL: none */
	bool is_lost;
};

/* What errno says, for a call that has failed. */
static int failure(struct store *s)
{
	s->is_lost = s->is_lost || errno == ETIMEDOUT;
	return -errno;
}

struct store *store_open(void)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		return NULL;
	}
	s->transaction = XBT_NULL;
	s->xs = xs_open(0);
	if (s->xs == NULL) {
		const int error = errno;

		free(s);
		errno = error;
		return NULL;
	}
	return s;
}

void store_close(struct store *store)
{
	xs_close(store->xs);
	free(store);
}

int store_begin(struct store *store)
{
	store->transaction = xs_transaction_start(store->xs);
	return store->transaction == XBT_NULL ? failure(store) : 0;
}

int store_end(struct store *store)
{
	const xs_transaction_t transaction = store->transaction;

	store->transaction = XBT_NULL;
	return xs_transaction_end(store->xs, transaction, false)
		       ? 0
		       : failure(store);
}

/* Frees `from`. */
static int copy_out(char *to, size_t size, char *from, size_t length)
{
	if (length >= size) {
		free(from);
		return -E2BIG;
	}
	memcpy(to, from, length);
	to[length] = '\0';
	free(from);
	return 0;
}

int store_read(struct store *store, const char *path,
	       char value[STORE_VALUE_MAX])
{
	unsigned int length;
	char *found =
		(char *)xs_read(store->xs, store->transaction, path, &length);

	if (found == NULL) {
		return failure(store);
	}
	return copy_out(value, STORE_VALUE_MAX, found, length);
}

int store_write(struct store *store, const char *path, const char *value)
{
	if (!xs_write(store->xs, store->transaction, path, value,
		      (unsigned int)strlen(value))) {
		return failure(store);
	}
	return 0;
}

int store_list(struct store *store, const char *path,
	       void (*each)(void *context, const char *name), void *context)
{
	unsigned int count;
	char **names =
		xs_directory(store->xs, store->transaction, path, &count);

	if (names == NULL) {
		return failure(store);
	}
	for (unsigned int i = 0; i < count; i++) {
		each(context, names[i]);
	}
	free(names);
	return 0;
}

int store_watch(struct store *store, const char *path, const char *token)
{
	return xs_watch(store->xs, path, token) ? 0 : failure(store);
}

int store_unwatch(struct store *store, const char *path, const char *token)
{
	return xs_unwatch(store->xs, path, token) ? 0 : failure(store);
}

int store_fd(const struct store *store)
{
	return xs_fileno(store->xs);
}

bool store_is_lost(const struct store *store)
{
	return store->is_lost;
}

int store_event(struct store *store, char path[STORE_PATH_MAX],
		char token[STORE_PATH_MAX])
{
	char **event = xs_check_watch(store->xs);

	if (event == NULL) {
		return errno == 0 ? -EIO : -errno;
	}

	const size_t path_length = strlen(event[XS_WATCH_PATH]);
	const size_t token_length = strlen(event[XS_WATCH_TOKEN]);

	/* Longer than any key that we read: somebody else's. */
	if (path_length >= STORE_PATH_MAX || token_length >= STORE_PATH_MAX) {
		path[0] = '\0';
		token[0] = '\0';
	} else {
		memcpy(path, event[XS_WATCH_PATH], path_length + 1);
		memcpy(token, event[XS_WATCH_TOKEN], token_length + 1);
	}
	free(event);
	return 0;
}
