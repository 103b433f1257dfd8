/* SPDX-License-Identifier: MIT */
/*
 * The watches of one client. Nothing is known here of who may read what.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#define WATCH_INTRODUCE "@introduceDomain"
#define WATCH_RELEASE   "@releaseDomain"

struct watch {
	TAILQ_ENTRY(watch) link;
	char *path;
	size_t len; /* of it; of "/" 0, so that it is what all paths begin with */
	char *token;
	size_t skip; /* bytes of `path` that the client did not write */
};

TAILQ_HEAD(watch_list, watch);

/* Returns -EEXIST where there is one with that path and token. */
int watch_add(struct watch_list *list, const char *path, const char *token,
	      size_t skip);

/* Returns -ENOENT where there is none. */
int watch_remove(struct watch_list *list, const char *path, const char *token);

void watch_clear(struct watch_list *list);
size_t watch_count(const struct watch_list *list);

/* Memory that they take. */
size_t watch_bytes(const struct watch_list *list);

/* Does a change of the node `path` of that length, or the event of that name, concern
 * it? */
bool watch_covers(const struct watch *w, const char *path, size_t len);

/* Is it on a node below `path`, which goes away with it? */
bool watch_is_below(const struct watch *w, const char *path);

/* How the client is told about `path`, in the form in which it watches. */
const char *watch_form(const struct watch *w, const char *path);
