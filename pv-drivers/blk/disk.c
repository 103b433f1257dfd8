/* SPDX-License-Identifier: MIT */
/*
 * A folder may go away, or be replaced by a new one of the same name, at any
 * time. What waits for storage requests to end is remembered by `is_leaving`,
 * and disk_turn() comes back to it.
 */
#include "pv-drivers/blk/disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pv-drivers/blk/attach.h"
#include "pv-drivers/blk/back.h"
#include "pv-drivers/blk/storage.h"
#include "pv-drivers/xenbus/state.h"
#include "pv-drivers/xenbus/store.h"

/* Of different kinds: each is told once in a disk's life. */
#define COMPLAINTS_MAX 16u

struct disk {
	const struct disk_place *place;
	uint16_t domain;
	uint32_t number;
	bool is_watched; /* the front half's state */
	bool is_gone;    /* the folder is */
	bool is_leaving; /* something waits for requests to end */
	const char *complaints[COMPLAINTS_MAX]; /* told */
	unsigned int complaint_count;

	/* Why it could not be opened; then it is left alone until replaced. */
	char failure[STORE_VALUE_MAX];
	struct storage *storage;
	struct blk_back *back;
	char path[STORE_PATH_MAX];
	char front[STORE_PATH_MAX];
};

struct disk *disk_open(const struct disk_place *place, const char *path,
		       uint16_t domain, uint32_t number)
{
	struct disk *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		return NULL;
	}
	d->place = place;
	d->domain = domain;
	d->number = number;
	snprintf(d->path, sizeof(d->path), "%s", path);
	return d;
}

static void front_state_path(const struct disk *d, char path[STORE_PATH_MAX])
{
	snprintf(path, STORE_PATH_MAX, "%.*s/state", (int)STORE_PATH_MAX - 8,
		 d->front);
}

static void unwatch(struct disk *d)
{
	char path[STORE_PATH_MAX];

	if (d->is_watched) {
		front_state_path(d, path);
		store_unwatch(d->place->store, path, d->path);
		d->is_watched = false;
	}
}

/* Lets go of the guest's memory and of the file. */
static void release(struct disk *d)
{
	if (d->back != NULL) {
		blk_back_close(d->back);
		d->back = NULL;
	}
	if (d->storage != NULL) {
		d->storage->ops->close(d->storage);
		d->storage = NULL;
	}
	d->is_leaving = false;
}

void disk_close(struct disk *d)
{
	unwatch(d);
	release(d);
	free(d);
}

const char *disk_path(const struct disk *d)
{
	return d->path;
}

const struct blk_counts *disk_counts(const struct disk *d)
{
	return d->back != NULL ? blk_back_counts(d->back) : NULL;
}

bool disk_is_over(const struct disk *d)
{
	return d->is_gone && d->back == NULL;
}

static void say(const struct disk *d, const char *what)
{
	fprintf(stderr, "corbel-blkback: domain %u disk %u: %s\n", d->domain,
		d->number, what);
}

/*
 * What a front half does wrong is a constant text. A guest may do it as often
 * as it likes, and connect again in between: that does not fill the log.
 */
static void complain(void *context, const char *what)
{
	struct disk *d = (struct disk *)context;

	for (unsigned int i = 0; i < d->complaint_count; i++) {
		if (d->complaints[i] == what) {
			return;
		}
	}
	if (d->complaint_count < COMPLAINTS_MAX) {
		d->complaints[d->complaint_count++] = what;
		say(d, what);
	}
}

static int put_state(const struct disk *d, enum xenbus_state state)
{
	return state_write(d->place->store, d->path, state);
}

static int put_offer(const struct disk *d, enum xenbus_state state)
{
	const int error = attach_offer(d->place->store, d->path, d->storage,
				       d->place->offer_persistent);

	return error != 0 ? error : put_state(d, state);
}

static int put_failure(const struct disk *d, enum xenbus_state state)
{
	char path[STORE_PATH_MAX + 8];

	snprintf(path, sizeof(path), "%s/error", d->path);
	store_write(d->place->store, path, d->failure);
	return put_state(d, state);
}

/*
 * Writes to the folder, unless it went away meanwhile: writing would make it
 * anew. What went away is seen at the next step.
 */
static void update(struct disk *d, enum xenbus_state state,
		   int (*put)(const struct disk *d, enum xenbus_state state))
{
	struct store *store = d->place->store;
	char front[STORE_VALUE_MAX];
	int error;

	do {
		error = store_begin(store);
		if (error == 0 &&
		    state_key_read(store, d->path, "frontend", front) == 0) {
			put(d, state);
		}
		if (error == 0) {
			error = store_end(store);
		}
	} while (error == -EAGAIN);
	if (error != 0) {
		fprintf(stderr,
			"corbel-blkback: domain %u disk %u: state %d: %s\n",
			d->domain, d->number, state, strerror(-error));
	}
}

static void set_state(struct disk *d, enum xenbus_state state)
{
	update(d, state, put_state);
}

/* A disk that cannot be is Closed; the reason stands beside its state. */
static void fail(struct disk *d, const char *what, const char *why)
{
	snprintf(d->failure, sizeof(d->failure), "%.150s: %.80s", what, why);
	say(d, d->failure);
	update(d, XenbusStateClosed, put_failure);
}

const char *disk_file_of(const char *params)
{
	static const char *const kinds[] = { "raw:", "aio:" };

	if (params[0] == '/') {
		return params;
	}
	for (unsigned int i = 0; i < 2; i++) {
		if (strncmp(params, kinds[i], 4) == 0 && params[4] == '/') {
			return params + 4;
		}
	}
	return NULL;
}

static bool is_read_only(struct disk *d)
{
	char mode[STORE_VALUE_MAX];

	return state_key_read(d->place->store, d->path, "mode", mode) != 0 ||
	       mode[0] != 'w';
}

/* The one who made the disk may not want holes in its file. */
static void limit_discard(struct disk *d)
{
	uint64_t wanted = 1;

	state_number_read(d->place->store, d->path, "discard-enable", 1,
			  &wanted);
	if (wanted == 0) {
		d->storage->can_discard = false;
	}
}

static bool open_storage(struct disk *d)
{
	char params[STORE_VALUE_MAX];
	const char *file;

	if (state_key_read(d->place->store, d->path, "params", params) != 0) {
		fail(d, "params", "not there");
		return false;
	}
	file = disk_file_of(params);
	if (file == NULL) {
		fail(d, params, "not raw:FILE");
		return false;
	}
	d->storage = d->place->open(d->place->context, file, is_read_only(d));
	if (d->storage == NULL) {
		fail(d, file, strerror(errno));
		return false;
	}
	limit_discard(d);
	return true;
}

static void prepare(struct disk *d)
{
	release(d);
	if (!open_storage(d)) {
		return;
	}
	update(d, XenbusStateInitWait, put_offer);
}

/*
 * A front half that is connected already is not told so again: for it nothing
 * has happened.
 */
static void connect_front(struct disk *d, enum xenbus_state own)
{
	/* A new process finds disks that another one has prepared. */
	if (d->storage == NULL && !open_storage(d)) {
		return;
	}

	const struct blk_back_config config = {
		.env = d->place->env,
		.storage = d->storage,
		.domain = d->domain,
		.read_only = is_read_only(d),
		.persistent = d->place->offer_persistent,
		.complain = complain,
		.context = d,
	};
	const char *problem = NULL;

	d->back = attach_front(d->place->store, d->front, &config, &problem);
	if (d->back == NULL) {
		complain(d, problem);
		set_state(d, XenbusStateClosing);
		return;
	}
	if (own != XenbusStateConnected) {
		set_state(d, XenbusStateConnected);
	}
}

/* Releases now, or when the storage is done. False: not yet. */
static bool leave(struct disk *d)
{
	if (d->back != NULL) {
		blk_back_stop(d->back);
		if (!blk_back_is_idle(d->back)) {
			d->is_leaving = true;
			return false;
		}
	}
	release(d);
	return true;
}

/* Finds the front half. False if the folder is gone. */
static bool look_up(struct disk *d)
{
	char front[STORE_VALUE_MAX];
	char path[STORE_PATH_MAX];

	d->is_gone = state_key_read(d->place->store, d->path, "frontend",
				    front) != 0;
	if (d->is_gone) {
		return false;
	}
	if (strcmp(front, d->front) != 0) {
		unwatch(d);
		snprintf(d->front, sizeof(d->front), "%s", front);
	}
	if (!d->is_watched) {
		front_state_path(d, path);
		d->is_watched =
			store_watch(d->place->store, path, d->path) == 0;
	}
	return true;
}

static void do_step(struct disk *d, enum back_step step, enum xenbus_state own)
{
	switch (step) {
	case BACK_NOTHING:
		return;
	case BACK_PREPARE:
		prepare(d);
		return;
	case BACK_CONNECT:
		connect_front(d, own);
		return;
	case BACK_CLOSING:
		if (d->back != NULL) {
			blk_back_stop(d->back);
		}
		set_state(d, XenbusStateClosing);
		return;
	case BACK_CLOSED:
		if (leave(d)) {
			set_state(d, XenbusStateClosed);
		}
		return;
	case BACK_RELEASE:
		if (leave(d)) {
			prepare(d);
		}
		return;
	}
}

void disk_step(struct disk *d)
{
	if (!look_up(d)) {
		unwatch(d);
		leave(d);
		return;
	}

	struct store *store = d->place->store;
	const enum xenbus_state own = state_read(store, d->path);
	const enum xenbus_state front = state_read(store, d->front);

	if (d->failure[0] != '\0' && own == XenbusStateClosed) {
		return;
	}
	d->failure[0] = '\0';
	do_step(d, state_back(own, front, d->back != NULL), own);
}

bool disk_turn(struct disk *d)
{
	bool more;

	if (d->back == NULL) {
		return false;
	}

	const bool was_broken = blk_back_is_broken(d->back);

	more = blk_back_run(d->back);
	if (!was_broken && blk_back_is_broken(d->back)) {
		set_state(d, XenbusStateClosing);
	}
	if (d->is_leaving && blk_back_is_idle(d->back)) {
		disk_step(d);
	}
	return more;
}
