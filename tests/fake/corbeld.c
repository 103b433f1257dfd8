/* SPDX-License-Identifier: MIT */
/*
 * corbeld's socket in front of the host that is made up in libcorbel.c, with one event
 * of each kind for the first who listens, and two crashes in its history.
 *
 * usage: corbeld FOLDER
 */
#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <xen/xen.h>

#include <xen/sched.h>

#include "toolstack/history.h"
#include "toolstack/owner/owner.h"

extern bool fake_bare; /* guests have no devices */

static struct corbel_info guest = {
	.domid = 1,
	.name = "quote\" \\ \n \xff",
	.uuid = { 1, 0xff },
	.state = CORBEL_STATE_PAUSED,
};

void log_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
}

static void look(enum corbel_state state)
{
	guest.state = state;
	events_look(&guest, 1);
	events_look_at_devices(NULL, true);
}

static void stop(enum corbel_state state, uint32_t reason)
{
	guest.shutdown_reason = reason;
	look(state);
	look(CORBEL_STATE_DYING);
	guest.domid++;
	look(CORBEL_STATE_RUNNING);
}

static void live(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
	look(CORBEL_STATE_PAUSED);
	fake_bare = true;
	look(CORBEL_STATE_RUNNING);
	fake_bare = false;
	look(CORBEL_STATE_RUNNING);
	fake_bare = true;
	look(CORBEL_STATE_RUNNING);
	look(CORBEL_STATE_PAUSED);
	snprintf(guest.name, sizeof(guest.name), "other");
	look(CORBEL_STATE_BLOCKED);
	stop(CORBEL_STATE_SHUTDOWN, SHUTDOWN_poweroff);
	stop(CORBEL_STATE_SHUTDOWN, SHUTDOWN_reboot);
	stop(CORBEL_STATE_SHUTDOWN, SHUTDOWN_suspend);
	stop(CORBEL_STATE_SHUTDOWN, SHUTDOWN_watchdog);
	stop(CORBEL_STATE_CRASHED, SHUTDOWN_crash);
	events_look(NULL, 0);
	serve_event("end");
}

/* Called before the listener is there. */
static void on_listeners(bool any, void *context)
{
	if (any) {
		event_base_once(context, -1, EV_TIMEOUT, live, NULL, NULL);
	}
}

static bool remember(enum corbel_state state, uint32_t reason)
{
	guest.state = state;
	guest.shutdown_reason = reason;
	guest.domid++; /* else it is the same crash */
	return history_add(&guest);
}

int main(int argc, char **argv)
{
	struct event_base *const loop = event_base_new();
	char socket[200], history[200];

	if (argc != 2) {
		return 2;
	}
	snprintf(socket, sizeof(socket), "%s/socket", argv[1]);
	snprintf(history, sizeof(history), "%s/history", argv[1]);
	serve_path = socket;
	history_folder = history;
	history_console_folder = argv[1];
	if (!remember(CORBEL_STATE_CRASHED, SHUTDOWN_crash) ||
	    !remember(CORBEL_STATE_SHUTDOWN, SHUTDOWN_watchdog) ||
	    !serve_start(loop, on_listeners, loop)) {
		return 1;
	}
	return event_base_dispatch(loop);
}
