/* SPDX-License-Identifier: MIT */
#include "svcvm/store/watch.h"
#include "svcvm/store/buf.h"
#include "svcvm/store/path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct watch *find(const struct watch_list *list, const char *path,
			  const char *token)
{
	struct watch *w;

	TAILQ_FOREACH(w, list, link)
	{
		if (strcmp(w->path, path) == 0 &&
		    strcmp(w->token, token) == 0) {
			return w;
		}
	}
	return NULL;
}

int watch_add(struct watch_list *list, const char *path, const char *token,
	      size_t skip)
{
	struct watch *w;

	if (find(list, path, token) != NULL) {
		return -EEXIST;
	}
	w = mem_alloc(sizeof(*w));
	w->path = mem_string(path);
	w->len = strcmp(path, "/") == 0 ? 0 : strlen(path);
	w->token = mem_string(token);
	w->skip = skip;
	TAILQ_INSERT_TAIL(list, w, link);
	return 0;
}

static void drop(struct watch_list *list, struct watch *w)
{
	TAILQ_REMOVE(list, w, link);
	free(w->path);
	free(w->token);
	free(w);
}

int watch_remove(struct watch_list *list, const char *path, const char *token)
{
	struct watch *w = find(list, path, token);

	if (w == NULL) {
		return -ENOENT;
	}
	drop(list, w);
	return 0;
}

void watch_clear(struct watch_list *list)
{
	while (!TAILQ_EMPTY(list)) {
		drop(list, TAILQ_FIRST(list));
	}
}

size_t watch_count(const struct watch_list *list)
{
	const struct watch *w;
	size_t count = 0;

	TAILQ_FOREACH(w, list, link)
	{
		count++;
	}
	return count;
}

size_t watch_bytes(const struct watch_list *list)
{
	const struct watch *w;
	size_t bytes = 0;

	TAILQ_FOREACH(w, list, link)
	{
		bytes += sizeof(*w) + strlen(w->path) + strlen(w->token) + 2;
	}
	return bytes;
}

bool watch_covers(const struct watch *w, const char *path, size_t len)
{
	/* Most end here: there are far more watches than such that cover. */
	if (len < w->len || (path[w->len] != '\0' && path[w->len] != '/')) {
		return false;
	}
	return memcmp(path, w->path, w->len) == 0;
}

bool watch_is_below(const struct watch *w, const char *path)
{
	return strcmp(w->path, path) != 0 && path_is_within(w->path, path);
}

const char *watch_form(const struct watch *w, const char *path)
{
	return path + w->skip;
}
