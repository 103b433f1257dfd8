/* SPDX-License-Identifier: MIT */
/*
 * Taking a guest's devices away, going by the notes under /libxl/N/device.
 *
 * The guest is paused and does not answer. A back end that is told to close
 * and finds its front end gone lets go of the guest's memory and says Closed;
 * one that does not in time loses its entries all the same.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xen/io/xenbus.h>

#include "libctl/domain/device.h"

#define CLOSE_WAIT_MS 5000

struct leaving {
	char notes[STORE_PATH_MAX];
	char *front; /* or NULL */
	char *back;  /* or NULL */
	char *loop;  /* or NULL */
	bool served; /* somebody has to let go of it */
};

struct leaving_set {
	struct leaving *devices;
	size_t count;
	uint32_t domid;
};

/* ---- what there is ---- */

static char *read_note(struct xs_handle *xs, const char *folder,
		       const char *name)
{
	char path[STORE_PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return store_read(xs, path);
}

static bool is_served(struct xs_handle *xs, const char *back)
{
	char *const text = read_note(xs, back, "state");
	const int state = text != NULL ? atoi(text) : XenbusStateClosed;

	free(text);
	return state != XenbusStateInitialising && state != XenbusStateClosed;
}

static int add_leaving(struct corbel *c, struct leaving_set *set,
		       const char *kind, const char *id)
{
	struct leaving *const more =
		realloc(set->devices, (set->count + 1) * sizeof(*more));
	struct leaving *l;

	if (more == NULL) {
		return corbel_fail(c, CORBEL_NO_MEMORY, NULL, "no memory left");
	}
	set->devices = more;
	l = &more[set->count++];
	snprintf(l->notes, sizeof(l->notes), "/libxl/%u/device/%s/%s",
		 set->domid, kind, id);
	l->front = read_note(c->xs, l->notes, "frontend");
	l->back = read_note(c->xs, l->notes, "backend");
	l->loop = read_note(c->xs, l->notes, "loop");
	l->served = l->back != NULL && is_served(c->xs, l->back);
	return 0;
}

static int find_of_kind(struct corbel *c, struct leaving_set *set,
			const char *kind)
{
	char path[STORE_PATH_MAX];
	unsigned int count;
	char **ids;
	int ret = 0;

	snprintf(path, sizeof(path), "/libxl/%u/device/%s", set->domid, kind);
	ids = xs_directory(c->xs, XBT_NULL, path, &count);
	if (ids == NULL) {
		return errno == ENOENT
			       ? 0
			       : corbel_fail_errno(c, NULL, "store, %s", path);
	}
	for (unsigned int i = 0; i < count && ret == 0; i++) {
		ret = add_leaving(c, set, kind, ids[i]);
	}
	free(ids);
	return ret;
}

/* ---- their end ---- */

static void ask_to_close(struct store_txn *t, const void *context)
{
	const struct leaving_set *const set = context;

	for (size_t i = 0; i < set->count; i++) {
		const struct leaving *const l = &set->devices[i];

		if (l->served) {
			store_write(t, STORE_GUEST_READS, l->back, "online",
				    "0");
			store_write(t, STORE_GUEST_READS, l->back, "state",
				    "%d", XenbusStateClosing);
		}
		if (l->front != NULL) {
			store_remove(t, l->front);
		}
	}
}

static bool is_closed(const char *state)
{
	return state == NULL || atoi(state) == XenbusStateClosed;
}

/* One limit for all together. */
static void wait_closed(struct corbel *c, const struct leaving_set *set)
{
	char path[STORE_PATH_MAX];
	struct timespec start, now;
	long spent;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (size_t i = 0; i < set->count; i++) {
		if (!set->devices[i].served) {
			continue;
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
		spent = (now.tv_sec - start.tv_sec) * 1000 +
			(now.tv_nsec - start.tv_nsec) / 1000000;
		snprintf(path, sizeof(path), "%s/state", set->devices[i].back);
		store_wait(c->xs, path, is_closed,
			   spent < CLOSE_WAIT_MS
				   ? (unsigned int)(CLOSE_WAIT_MS - spent)
				   : 0);
	}
}

static void remove_entries(struct store_txn *t, const void *context)
{
	static const char *const kinds[] = { "vbd", "qdisk", "vif" };
	const struct leaving_set *const set = context;
	char path[STORE_PATH_MAX];

	for (size_t i = 0; i < set->count; i++) {
		if (set->devices[i].back != NULL) {
			store_remove(t, set->devices[i].back);
		}
		store_remove(t, set->devices[i].notes);
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u",
			 kinds[i], set->domid);
		store_remove(t, path);
	}
}

static int remove_set(struct corbel *c, const struct leaving_set *set)
{
	char object[32];

	snprintf(object, sizeof(object), "domain %u", set->domid);
	if (store_transaction(c, set->domid, object, ask_to_close, set) != 0) {
		return -1;
	}
	wait_closed(c, set);
	for (size_t i = 0; i < set->count; i++) {
		if (set->devices[i].loop != NULL) {
			device_loop_detach(set->devices[i].loop);
		}
	}
	return store_transaction(c, set->domid, object, remove_entries, set);
}

static void free_set(struct leaving_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		free(set->devices[i].front);
		free(set->devices[i].back);
		free(set->devices[i].loop);
	}
	free(set->devices);
}

int devices_remove(struct corbel *c, uint32_t domid)
{
	struct leaving_set set = { .domid = domid };
	int ret = -1;

	if (handle_store(c) == NULL) {
		return -1;
	}
	if (find_of_kind(c, &set, "vbd") == 0 &&
	    find_of_kind(c, &set, "vif") == 0) {
		ret = set.count > 0 ? remove_set(c, &set) : 0;
	}
	free_set(&set);
	return ret;
}

void devices_take_back(struct corbel *c, uint32_t domid)
{
	const struct corbel_error kept = error_keep(c);

	devices_remove(c, domid);
	error_put_back(c, &kept);
}
