/* SPDX-License-Identifier: MIT */
/*
 * Taking a guest's devices away, going by the notes under /libxl/N/device.
 *
 * A guest that ends is paused and does not answer. A back end that is told to
 * close and finds its front end gone lets go of the guest's memory and says
 * Closed; one that does not in time loses its entries all the same.
 *
 * A guest that goes on is asked first: its front end sees the back end closing,
 * closes too when nobody uses the device, and only then the back end is Closed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xenbus.h>

#include "libctl/domain/device.h"
#include "svcvm/clock.h"

#define CLOSE_WAIT_MS 5000

struct leaving {
	char notes[STORE_PATH_MAX];
	char *front; /* or NULL */
	char *back;  /* or NULL */
	char *made;  /* or NULL */
	char *drive; /* the name of a CD-ROM drive, or NULL */
	bool served; /* somebody has to let go of it */
	bool asked;  /* the guest is, and answers */
};

struct leaving_set {
	struct leaving *devices;
	size_t count;
	uint32_t domid;
	bool stays; /* the guest, and so do its drives */
};

/* ---- what there is ---- */

static int read_state(struct xs_handle *xs, const char *folder)
{
	char *const text = store_read_in(xs, folder, "state");
	const int state = text != NULL ? atoi(text) : XenbusStateClosed;

	free(text);
	return state;
}

static bool is_served(struct xs_handle *xs, const char *back)
{
	const int state = read_state(xs, back);

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
	*l = (struct leaving){ 0 };
	snprintf(l->notes, sizeof(l->notes), "/libxl/%u/device/%s/%s",
		 set->domid, kind, id);
	l->front = store_read_in(c->xs, l->notes, "frontend");
	l->back = store_read_in(c->xs, l->notes, "backend");
	l->made = store_read_in(c->xs, l->notes, "made");
	if (device_is_drive(c, l->notes)) {
		l->drive = store_read_in(c->xs, l->notes, "target");
	}
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
		if (l->front != NULL && !l->asked) {
			store_remove(t, l->front);
		}
	}
}

static bool is_closed(const char *state)
{
	return state == NULL || atoi(state) == XenbusStateClosed;
}

/* One limit for all together. */
static void wait_closed(const struct leaving_set *set, long limit_ms)
{
	char path[STORE_PATH_MAX];
	const int64_t start = clock_ms();
	long spent;

	for (size_t i = 0; i < set->count; i++) {
		if (!set->devices[i].served) {
			continue;
		}
		spent = (long)(clock_ms() - start);
		snprintf(path, sizeof(path), "%s/state", set->devices[i].back);
		store_wait(path, is_closed,
			   spent < limit_ms ? (unsigned int)(limit_ms - spent)
					    : 0);
	}
}

static void remove_entries(struct store_txn *t, const void *context)
{
	const struct leaving_set *const set = context;

	for (size_t i = 0; i < set->count; i++) {
		const struct leaving *const l = &set->devices[i];

		if (l->front != NULL) {
			store_remove(t, l->front);
		}
		if (l->back != NULL) {
			store_remove(t, l->back);
		}
		store_remove(t, l->notes);
		if (set->stays && l->drive != NULL) {
			device_drive_write(t, l->notes, l->drive);
		}
	}
}

/* What is left when all devices have gone. */
static void remove_folders(struct store_txn *t, const void *context)
{
	static const char *const kinds[] = { "vbd", "qdisk", "vif" };
	char path[STORE_PATH_MAX];

	(void)context;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u",
			 kinds[i], t->domid);
		store_remove(t, path);
	}
}

static int close_set(struct corbel *c, const struct leaving_set *set,
		     const char *object, long limit_ms)
{
	if (store_transaction(c, set->domid, object, ask_to_close, set) != 0) {
		return -1;
	}
	wait_closed(set, limit_ms);
	return 0;
}

static int forget_set(struct corbel *c, const struct leaving_set *set,
		      const char *object)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->devices[i].made != NULL) {
			device_disk_release(set->devices[i].made);
		}
	}
	return store_transaction(c, set->domid, object, remove_entries, set);
}

static int remove_set(struct corbel *c, const struct leaving_set *set)
{
	char object[32];

	if (set->count == 0) {
		return 0;
	}
	snprintf(object, sizeof(object), "domain %u", set->domid);
	return close_set(c, set, object, CLOSE_WAIT_MS) == 0
		       ? forget_set(c, set, object)
		       : -1;
}

static void free_set(struct leaving_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		free(set->devices[i].front);
		free(set->devices[i].back);
		free(set->devices[i].made);
		free(set->devices[i].drive);
	}
	free(set->devices);
}

int devices_remove(struct corbel *c, uint32_t domid)
{
	struct leaving_set set = { .domid = domid };
	char object[32];
	int ret = -1;

	if (handle_store(c) == NULL) {
		return -1;
	}
	snprintf(object, sizeof(object), "domain %u", domid);
	if (find_of_kind(c, &set, "vbd") == 0 &&
	    find_of_kind(c, &set, "vif") == 0 && remove_set(c, &set) == 0) {
		ret = store_transaction(c, domid, object, remove_folders, NULL);
	}
	free_set(&set);
	return ret;
}

void devices_take_back(struct corbel *c, const struct device *devices,
		       size_t count)
{
	const struct corbel_error kept = error_keep(c);
	struct leaving_set set = { .domid = devices[0].domid, .stays = true };
	char id[16];
	int ret = 0;

	for (size_t i = 0; i < count && ret == 0; i++) {
		snprintf(id, sizeof(id), "%u", devices[i].id);
		ret = add_leaving(c, &set, devices[i].front_kind, id);
	}
	remove_set(c, &set);
	free_set(&set);
	error_put_back(c, &kept);
}

/* ---- one of a guest that goes on ---- */

/* A guest that has not taken notice of the device does not answer. */
static bool answers(struct xs_handle *xs, const struct leaving *l)
{
	const int state =
		l->front != NULL ? read_state(xs, l->front) : XenbusStateClosed;

	return l->served && state != XenbusStateInitialising &&
	       state != XenbusStateClosed;
}

static int detach(struct corbel *c, struct leaving_set *set, const char *object,
		  unsigned int seconds)
{
	struct leaving *const l = &set->devices[0];

	if (l->back == NULL) {
		return corbel_fail(c, CORBEL_NOT_FOUND, object,
				   "the guest has no such device");
	}
	l->asked = answers(c->xs, l);
	if (close_set(c, set, object,
		      l->asked ? 1000L * seconds : CLOSE_WAIT_MS) != 0) {
		return -1;
	}
	if (l->asked && is_served(c->xs, l->back)) {
		return corbel_fail(c, CORBEL_TIMEOUT, object,
				   "the guest has not let go of it within %u s "
				   "(is it in use there?); it will once it is "
				   "free: detach it again then",
				   seconds);
	}
	return forget_set(c, set, object);
}

int device_detach(struct corbel *c, uint32_t domid, const char *kind,
		  uint32_t id, const char *object, unsigned int seconds)
{
	struct leaving_set set = { .domid = domid, .stays = true };
	char text[16];
	int ret = -1;

	if (handle_store(c) == NULL) {
		return -1;
	}
	snprintf(text, sizeof(text), "%u", id);
	if (add_leaving(c, &set, kind, text) == 0) {
		ret = detach(c, &set, object, seconds);
	}
	free_set(&set);
	return ret;
}
