/* SPDX-License-Identifier: MIT */
/*
 * What happens to guests, found by comparing the domains there are with those
 * that were there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "toolstack/describe.h"
#include "toolstack/history.h"
#include "toolstack/owner/owner.h"

struct known {
	uint32_t domid;
	uint8_t uuid[16];
	char name[256];
	bool started; /* it has run */
	bool paused;
	bool stopped;     /* by itself */
	bool listed;      /* this time */
	bool has_devices; /* the list is of some time when it ran */
	struct corbel_device *devices;
	size_t device_count;
};

static struct known *all;
static size_t all_count;

/* `more` is a member beside those that all events have, or NULL. */
static void emit_with(const struct known *k, const char *what, const char *more,
		      const char *value)
{
	struct json *const j = json_start_line();
	const char *text;

	if (j == NULL) {
		return;
	}
	json_object(j, NULL);
	describe_time(j, time(NULL));
	json_text(j, "event", what);
	json_text(j, "name", k->name);
	describe_uuid(j, k->uuid);
	json_number(j, "id", k->domid);
	if (more != NULL) {
		json_text(j, more, value);
	}
	json_object_end(j);
	text = json_get(j);
	if (text != NULL) {
		serve_event(text);
	}
	json_drop(j);
}

static void emit(const struct known *k, const char *what)
{
	emit_with(k, what, NULL, NULL);
}

/* The number may be another guest's by now. */
static struct known *find(const struct corbel_info *info)
{
	for (size_t i = 0; i < all_count; i++) {
		if (all[i].domid == info->domid &&
		    memcmp(all[i].uuid, info->uuid, sizeof(info->uuid)) == 0) {
			return &all[i];
		}
	}
	return NULL;
}

static struct known *add(const struct corbel_info *info)
{
	struct known *const more = realloc(all, (all_count + 1) * sizeof(*all));

	if (more == NULL) {
		return NULL;
	}
	all = more;
	all[all_count] = (struct known){ .domid = info->domid };
	memcpy(all[all_count].uuid, info->uuid, sizeof(info->uuid));
	memcpy(all[all_count].name, info->name, sizeof(info->name));
	emit(&all[all_count], "created");
	return &all[all_count++];
}

static void compare(struct known *k, const struct corbel_info *info)
{
	const bool stopped = info->state == CORBEL_STATE_SHUTDOWN ||
			     info->state == CORBEL_STATE_CRASHED;
	const bool paused = info->state == CORBEL_STATE_PAUSED;

	if (strcmp(k->name, info->name) != 0 && info->name[0] != '\0') {
		memcpy(k->name, info->name, sizeof(info->name));
		emit(k, "renamed");
	}
	if (!k->started && !paused) {
		k->started = true;
		emit(k, "started");
	} else if (k->started && !stopped && paused != k->paused) {
		emit(k, paused ? "paused" : "unpaused");
	}
	k->paused = paused;
	if (stopped && !k->stopped) {
		emit_with(k, history_is_crash(info) ? "crashed" : "shutdown",
			  "reason", describe_end(info->shutdown_reason));
	}
	k->stopped = stopped;
}

static void look_at_one(const struct corbel_info *info)
{
	struct known *k = find(info);

	/* What is half made has no name yet; what is half removed is gone. */
	if (k == NULL && info->name[0] != '\0' &&
	    info->state != CORBEL_STATE_DYING) {
		k = add(info);
	}
	if (k != NULL && info->state != CORBEL_STATE_DYING) {
		k->listed = true;
		compare(k, info);
	}
}

static void drop_gone(void)
{
	size_t kept = 0;

	for (size_t i = 0; i < all_count; i++) {
		if (all[i].listed) {
			all[kept++] = all[i];
		} else {
			emit(&all[i], "destroyed");
			free(all[i].devices);
		}
	}
	all_count = kept;
}

void events_look(const struct corbel_info *list, size_t count)
{
	for (size_t i = 0; i < all_count; i++) {
		all[i].listed = false;
	}
	for (size_t i = 0; i < count; i++) {
		if (list[i].domid != 0) {
			look_at_one(&list[i]);
		}
	}
	drop_gone();
}

/* ---- devices ---- */

/* A drive is there as long as something is in it. */
static bool is_there(const struct corbel_device *d)
{
	return !d->cdrom || d->source[0] != '\0';
}

static bool has(const struct corbel_device *list, size_t count,
		const struct corbel_device *d)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i].kind == d->kind && list[i].number == d->number) {
			return is_there(&list[i]);
		}
	}
	return false;
}

static void emit_missing(const struct known *k, const char *what,
			 const struct corbel_device *of, size_t of_count,
			 const struct corbel_device *in, size_t in_count)
{
	for (size_t i = 0; i < of_count; i++) {
		if (is_there(&of[i]) && !has(in, in_count, &of[i])) {
			emit_with(k, what,
				  of[i].kind == CORBEL_DEVICE_DISK ? "disk"
								   : "nic",
				  of[i].name);
		}
	}
}

/* One that is being made or removed gets and loses all, which is not news. */
static void look_at_devices(struct known *k, struct corbel *c)
{
	struct corbel_device *list;
	size_t count;

	if (!k->started || k->paused || k->stopped ||
	    corbel_devices(c, k->domid, &list, &count) != 0) {
		return;
	}
	if (k->has_devices) {
		emit_missing(k, "attached", list, count, k->devices,
			     k->device_count);
		emit_missing(k, "detached", k->devices, k->device_count, list,
			     count);
	}
	free(k->devices);
	k->devices = list;
	k->device_count = count;
	k->has_devices = true;
}

void events_look_at_devices(struct corbel *c, bool changed)
{
	for (size_t i = 0; i < all_count; i++) {
		if (changed || !all[i].has_devices) {
			look_at_devices(&all[i], c);
		}
	}
}
