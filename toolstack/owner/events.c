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
	bool stopped; /* by itself */
	bool listed;  /* this time */
};

static struct known *all;
static size_t all_count;

static void emit(const struct known *k, const char *what, const char *reason)
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
	if (reason != NULL) {
		json_text(j, "reason", reason);
	}
	json_object_end(j);
	text = json_get(j);
	if (text != NULL) {
		serve_event(text);
	}
	json_drop(j);
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
	emit(&all[all_count], "created", NULL);
	return &all[all_count++];
}

static void compare(struct known *k, const struct corbel_info *info)
{
	const bool stopped = info->state == CORBEL_STATE_SHUTDOWN ||
			     info->state == CORBEL_STATE_CRASHED;
	const bool paused = info->state == CORBEL_STATE_PAUSED;

	if (strcmp(k->name, info->name) != 0 && info->name[0] != '\0') {
		memcpy(k->name, info->name, sizeof(info->name));
		emit(k, "renamed", NULL);
	}
	if (!k->started && !paused) {
		k->started = true;
		emit(k, "started", NULL);
	} else if (k->started && !stopped && paused != k->paused) {
		emit(k, paused ? "paused" : "unpaused", NULL);
	}
	k->paused = paused;
	if (stopped && !k->stopped) {
		emit(k, history_is_crash(info) ? "crashed" : "shutdown",
		     describe_end(info->shutdown_reason));
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
			emit(&all[i], "destroyed", NULL);
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
