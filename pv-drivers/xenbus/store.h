/* SPDX-License-Identifier: MIT */
/*
 * The store as drivers see it: keys, values, watches. store_linux.c asks the
 * store daemon; store_fake.c is a store inside one process, for unit tests.
 *
 * Paths are absolute. Errors are negative errno values.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What drivers read and write is short; longer is an error. */
#define STORE_PATH_MAX  256u
#define STORE_VALUE_MAX 256u

struct store;

/* NULL if there is no store; errno says why. */
struct store *store_open(void);
void store_close(struct store *store);

/* The value, ended by a zero byte. Returns 0, -ENOENT, -E2BIG... */
int store_read(struct store *store, const char *path,
	       char value[STORE_VALUE_MAX]);
int store_write(struct store *store, const char *path, const char *value);

/*
 * What is read and written between the two happens at once, or not at all:
 * store_end() is -EAGAIN if somebody else changed what was read.
 */
int store_begin(struct store *store);
int store_end(struct store *store);

/* Calls `each` with the name of every child. */
int store_list(struct store *store, const char *path,
	       void (*each)(void *context, const char *name), void *context);

/*
 * Events say a path that changed at or below `path`, and `token`. The first
 * one comes at once.
 */
int store_watch(struct store *store, const char *path, const char *token);
int store_unwatch(struct store *store, const char *path, const char *token);

/* Readable when there may be an event. */
int store_fd(const struct store *store);

/* There has been no daemon for so long that nothing works any more. What the
 * calls above said since then means nothing. */
bool store_is_lost(const struct store *store);

/* Takes one event: 0, -EAGAIN if there is none; others mean the store is gone. */
int store_event(struct store *store, char path[STORE_PATH_MAX],
		char token[STORE_PATH_MAX]);
