/* SPDX-License-Identifier: MIT */
/*
 * A guest's devices: all are written in one transaction, then each back end
 * has to answer. What is written under /libxl/N/device is what
 * device_remove.c goes by.
 */
#include "libctl/domain/device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xenbus.h>

struct device_set {
	struct device *devices;
	size_t count;
};

void device_set_paths(struct device *d)
{
	snprintf(d->front, sizeof(d->front), "/local/domain/%u/device/%s/%u",
		 d->domid, d->front_kind, d->id);
	snprintf(d->back, sizeof(d->back), "/local/domain/0/backend/%s/%u/%u",
		 d->back_kind, d->domid, d->id);
	snprintf(d->notes, sizeof(d->notes), "/libxl/%u/device/%s/%u", d->domid,
		 d->front_kind, d->id);
}

/* ---- writing ---- */

static void write_pair(struct store_txn *t, const struct device *d)
{
	char kind[STORE_PATH_MAX];

	if (device_is_empty_drive(d)) {
		device_drive_write(t, d->notes, d->disk->target);
		return;
	}
	snprintf(kind, sizeof(kind), "/local/domain/%u/device/%s", d->domid,
		 d->front_kind);
	store_folder(t, STORE_GUEST_READS, kind);

	store_folder(t, STORE_FRONT, d->front);
	store_write(t, STORE_FRONT, d->front, "backend", "%s", d->back);
	store_write(t, STORE_FRONT, d->front, "backend-id", "0");
	store_folder(t, STORE_GUEST_READS, d->back);
	store_write(t, STORE_GUEST_READS, d->back, "frontend", "%s", d->front);
	store_write(t, STORE_GUEST_READS, d->back, "frontend-id", "%u",
		    d->domid);
	store_write(t, STORE_GUEST_READS, d->back, "online", "1");
	store_folder(t, STORE_PRIVATE, d->notes);
	store_write(t, STORE_PRIVATE, d->notes, "frontend", "%s", d->front);
	store_write(t, STORE_PRIVATE, d->notes, "backend", "%s", d->back);

	if (d->disk != NULL) {
		device_disk_write(t, d);
	} else {
		device_nic_write(t, d);
	}
	store_write(t, STORE_FRONT, d->front, "state", "%d",
		    XenbusStateInitialising);
	store_write(t, STORE_GUEST_READS, d->back, "state", "%d",
		    XenbusStateInitialising);
}

static void write_set(struct store_txn *t, const void *context)
{
	const struct device_set *const set = context;

	for (size_t i = 0; i < set->count; i++) {
		write_pair(t, &set->devices[i]);
	}
}

/* ---- waiting ---- */

static bool has_answered(const char *state)
{
	return state != NULL && atoi(state) > XenbusStateInitialising;
}

/* The kernel's back ends leave the reason beside, under error/. */
static int fail_backend(struct corbel *c, const struct device *d)
{
	char path[STORE_PATH_MAX];
	char *text;
	int ret;

	snprintf(path, sizeof(path), "/local/domain/0/error/%s/error",
		 d->back + strlen("/local/domain/0/"));
	text = store_read(c->xs, path);
	ret = corbel_fail(c, CORBEL_FAILED, d->object,
			  "the back end gave up: %.300s",
			  text != NULL ? text : "it does not say why");
	free(text);
	return ret;
}

/* errno says what store_wait() has met. */
static int fail_wait(struct corbel *c, const struct device *d)
{
	if (errno != ETIMEDOUT) {
		return corbel_fail_errno(c, d->object,
					 "the store is gone (is corbel-stored "
					 "running?)");
	}
	return corbel_fail(c, CORBEL_TIMEOUT, d->object,
			   "the back end did not answer within %d s (is %s?)",
			   DEVICE_WAIT_MS / 1000, d->server);
}

static int wait_backend(struct corbel *c, const struct device *d)
{
	char path[STORE_PATH_MAX];
	char *text;
	int state;

	if (device_is_empty_drive(d)) {
		return 0;
	}
	snprintf(path, sizeof(path), "%s/state", d->back);
	if (store_wait(path, has_answered, DEVICE_WAIT_MS) != 0) {
		return fail_wait(c, d);
	}
	text = store_read(c->xs, path);
	state = text != NULL ? atoi(text) : XenbusStateClosed;
	free(text);
	if (state == XenbusStateClosing || state == XenbusStateClosed) {
		return fail_backend(c, d);
	}
	return d->nic != NULL ? device_nic_connect(c, d) : 0;
}

static int wait_set(struct corbel *c, const struct device_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		handle_progress(c, "devices", i, set->count);
		if (wait_backend(c, &set->devices[i]) != 0) {
			return -1;
		}
	}
	return 0;
}

/* ---- the whole ---- */

/* The guest itself may have one disk twice; the store does not tell yet. */
static int check_twice(struct corbel *c, const struct device_set *set,
		       const struct device *d)
{
	for (const struct device *other = set->devices; other != d; other++) {
		if (strcmp(other->storage, d->storage) == 0 &&
		    !(other->disk->readonly && d->disk->readonly)) {
			return corbel_fail(c, CORBEL_EXISTS, d->object,
					   "%.200s is %s, too, and one of the "
					   "two would write to it",
					   d->disk->source, other->object);
		}
	}
	return 0;
}

static int prepare_set(struct corbel *c, uint32_t domid,
		       const struct corbel_config *config,
		       struct device_set *set)
{
	struct device *d;

	for (size_t i = 0; i < config->disk_count; i++) {
		d = &set->devices[set->count++];
		if (device_disk_prepare(c, d, domid, &config->disks[i]) != 0 ||
		    check_twice(c, set, d) != 0) {
			return -1;
		}
	}
	for (size_t i = 0; i < config->nic_count; i++) {
		d = &set->devices[set->count++];
		device_nic_prepare(d, domid, (uint32_t)i, &config->nics[i]);
	}
	return 0;
}

/* Before they are in the store, these are all there is to undo. */
static void release_made(const struct device_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		device_disk_release(set->devices[i].made);
	}
}

int devices_connect(struct corbel *c, struct device *devices, size_t count,
		    const char *object)
{
	struct device_set set = { .devices = devices, .count = count };

	if (store_transaction(c, devices[0].domid, object, write_set, &set) !=
	    0) {
		release_made(&set);
		return -1;
	}
	if (wait_set(c, &set) != 0) {
		devices_take_back(c, devices, count);
		return -1;
	}
	return 0;
}

static int add_set(struct corbel *c, uint32_t domid,
		   const struct corbel_config *config, struct device_set *set)
{
	char object[128];

	/* The checks before the transaction read it already. */
	if (handle_store(c) == NULL) {
		return -1;
	}
	snprintf(object, sizeof(object), "guest %.100s", config->name);
	if (prepare_set(c, domid, config, set) != 0) {
		release_made(set);
		return -1;
	}
	return devices_connect(c, set->devices, set->count, object);
}

int devices_add(struct corbel *c, uint32_t domid,
		const struct corbel_config *config)
{
	const size_t count = config->disk_count + config->nic_count;
	struct device_set set = { 0 };
	int ret;

	if (count == 0) {
		return 0;
	}
	set.devices = calloc(count, sizeof(*set.devices));
	if (set.devices == NULL) {
		return corbel_fail(c, CORBEL_NO_MEMORY, config->name,
				   "no memory left");
	}
	ret = add_set(c, domid, config, &set);
	free(set.devices);
	return ret;
}
