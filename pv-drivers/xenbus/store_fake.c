/* SPDX-License-Identifier: MIT */
/*
 * A store inside one process, for unit tests: a list of keys, and a queue of
 * events. Everybody in the process shares the watches.
 */
#include "pv-drivers/xenbus/store_fake.h"
#include "pv-drivers/xenbus/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS    256u
#define WATCHES 16u
#define EVENTS  256u

struct key {
	char path[STORE_PATH_MAX]; /* empty: unused */
	char value[STORE_VALUE_MAX];
};

struct watch {
	char path[STORE_PATH_MAX]; /* empty: unused */
	char token[STORE_PATH_MAX];
};

struct store {
	struct key keys[KEYS];
	struct watch watches[WATCHES];
	struct watch events[EVENTS];
	unsigned int first_event;
	unsigned int event_count;
};

struct store *store_open(void)
{
	return calloc(1, sizeof(struct store));
}

void store_close(struct store *s)
{
	free(s);
}

int store_begin(struct store *s)
{
	(void)s;
	return 0;
}

int store_end(struct store *s)
{
	(void)s;
	return 0;
}

int store_fd(const struct store *s)
{
	(void)s;
	return -1;
}

/* Whether `path` is `folder` or below it. */
static bool is_below(const char *path, const char *folder)
{
	const size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 &&
	       (path[n] == '\0' || path[n] == '/');
}

static void add_event(struct store *s, const char *path, const char *token)
{
	struct watch *e =
		&s->events[(s->first_event + s->event_count) % EVENTS];

	if (s->event_count == EVENTS) {
		abort();
	}
	s->event_count++;
	snprintf(e->path, sizeof(e->path), "%s", path);
	snprintf(e->token, sizeof(e->token), "%s", token);
}

static void fire(struct store *s, const char *path, bool is_removal)
{
	for (unsigned int i = 0; i < WATCHES; i++) {
		const struct watch *w = &s->watches[i];

		if (w->path[0] == '\0') {
			continue;
		}
		if (is_below(path, w->path)) {
			add_event(s, path, w->token);
		} else if (is_removal && is_below(w->path, path)) {
			add_event(s, w->path, w->token);
		}
	}
}

static struct key *find(struct store *s, const char *path)
{
	for (unsigned int i = 0; i < KEYS; i++) {
		if (strcmp(s->keys[i].path, path) == 0) {
			return &s->keys[i];
		}
	}
	return NULL;
}

int store_read(struct store *s, const char *path, char value[STORE_VALUE_MAX])
{
	const struct key *k = find(s, path);

	if (k == NULL) {
		return -ENOENT;
	}
	memcpy(value, k->value, sizeof(k->value));
	return 0;
}

int store_write(struct store *s, const char *path, const char *value)
{
	struct key *k = find(s, path);

	if (k == NULL) {
		k = find(s, "");
	}
	if (k == NULL) {
		return -ENOSPC;
	}
	snprintf(k->path, sizeof(k->path), "%s", path);
	snprintf(k->value, sizeof(k->value), "%s", value);
	fire(s, path, false);
	return 0;
}

void store_fake_remove(struct store *s, const char *path)
{
	for (unsigned int i = 0; i < KEYS; i++) {
		if (is_below(s->keys[i].path, path)) {
			s->keys[i].path[0] = '\0';
		}
	}
	fire(s, path, true);
}

/* Children of folders that are in the list themselves or by their keys. */
int store_list(struct store *s, const char *path,
	       void (*each)(void *context, const char *name), void *context)
{
	char seen[16][32];
	unsigned int count = 0;

	for (unsigned int i = 0; i < KEYS; i++) {
		const char *name = s->keys[i].path + strlen(path) + 1;
		bool is_new = is_below(s->keys[i].path, path) &&
			      strcmp(s->keys[i].path, path) != 0;
		char child[32];

		if (!is_new || count == 16) {
			continue;
		}
		snprintf(child, sizeof(child), "%.*s", (int)strcspn(name, "/"),
			 name);
		for (unsigned int j = 0; j < count; j++) {
			is_new = is_new && strcmp(seen[j], child) != 0;
		}
		if (is_new) {
			memcpy(seen[count++], child, sizeof(child));
		}
	}
	for (unsigned int i = 0; i < count; i++) {
		each(context, seen[i]);
	}
	return count == 0 ? -ENOENT : 0;
}

int store_watch(struct store *s, const char *path, const char *token)
{
	for (unsigned int i = 0; i < WATCHES; i++) {
		struct watch *w = &s->watches[i];

		if (w->path[0] == '\0') {
			snprintf(w->path, sizeof(w->path), "%s", path);
			snprintf(w->token, sizeof(w->token), "%s", token);
			add_event(s, path, token);
			return 0;
		}
	}
	return -ENOSPC;
}

int store_unwatch(struct store *s, const char *path, const char *token)
{
	for (unsigned int i = 0; i < WATCHES; i++) {
		struct watch *w = &s->watches[i];

		if (strcmp(w->path, path) == 0 &&
		    strcmp(w->token, token) == 0) {
			w->path[0] = '\0';
			return 0;
		}
	}
	return -ENOENT;
}

int store_event(struct store *s, char path[STORE_PATH_MAX],
		char token[STORE_PATH_MAX])
{
	const struct watch *e = &s->events[s->first_event];

	if (s->event_count == 0) {
		return -EAGAIN;
	}
	memcpy(path, e->path, STORE_PATH_MAX);
	memcpy(token, e->token, STORE_PATH_MAX);
	s->first_event = (s->first_event + 1) % EVENTS;
	s->event_count--;
	return 0;
}
