/* SPDX-License-Identifier: MIT */
/*
 * corbeld's parts. What it has to know after it was killed is in files.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "libctl/corbel.h"

/* ---- main.c ---- */

/* A line on stderr. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- end.c: a guest's end. Both return false after a log line. ---- */

/* Does with a guest that has stopped what its description says. */
bool end_handle(struct corbel *c, uint32_t domid);
/* Makes a guest that is pending: it starts with the machine, or was to be started
 * again when corbeld was killed. */
bool end_resume(struct corbel *c, const char *path);

/* ---- events.c ---- */

/* Tells serve.c what is new since it was called last. */
void events_look(const struct corbel_info *list, size_t count);
/* The same for devices of the guests that were in that list. */
/* They are looked at where something has `changed`, or where none were seen yet. */
void events_look_at_devices(struct corbel *c, bool changed);

/* ---- serve.c: the socket ---- */

/* "/run/corbel/corbeld.sock"; tests have another. */
extern const char *serve_path;

struct event_base;
/* Tells by `listened` whether anybody listens to events, before the first does and
 * each time that it may have changed. False after a log line. */
bool serve_start(struct event_base *loop,
		 void (*listened)(bool any, void *context), void *context);
/* The metrics, and no more, for the network. False after a log line. */
bool serve_metrics(struct event_base *loop, const char *address, uint16_t port);
void serve_stop(void);
/* A line for those that listen. */
void serve_event(const char *text);

/* ---- autostart.c ---- */

/* "/run/corbel/autostarted"; tests have another. */
extern const char *autostart_mark;
/* The first time after the machine's start, adds the guests that start with it to
 * those that are pending. False after a log line. */
bool autostart_begin(struct corbel *c);

/* ---- pending.c: guests that are between two lives, a file each ---- */

/* "/run/corbel/restart"; tests have another. */
extern const char *pending_folder;

struct pending {
	int fd; /* locked as long as somebody is at it */
	char path[320];
};

/* With the guest's description. False with errno. */
bool pending_begin(struct pending *p, const char *name, const char *xml);
/* One that somebody else has begun; false if that one, or another since, has
 * ended it. */
bool pending_take(struct pending *p, const char *path);
void pending_end(struct pending *p);
/* Calls for each that there is. */
void pending_each(void (*call)(const char *path, void *context), void *context);
