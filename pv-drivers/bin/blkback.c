/* SPDX-License-Identifier: MIT */
/*
 * corbel-blkback: one process serves the disks of all guests whose back end
 * is of the type qdisk. It keeps no state outside the store and the rings:
 * killed and started again, it goes on where it was.
 */
#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pv-drivers/bin/disks.h"
#include "pv-drivers/blk/back_uring.h"
#include "pv-drivers/blk/disk.h"
#include "pv-drivers/env/env.h"
#include "pv-drivers/xenbus/store.h"

/* Events of the store that are taken before the disks have their turn. */
#define EVENTS_AT_ONCE 256u

struct program {
	struct disk_place place;
	struct uring *uring;
	struct event_base *base;
	struct event *again;
	struct event *tell; /* figures, a while after something was done */
	bool has_failed;
};

static struct program program;

static const struct timeval tell_after = { .tv_sec = 1 };

static struct storage *open_storage(void *context, const char *path,
				    bool read_only)
{
	(void)context;
	return uring_storage(program.uring, path, read_only);
}

/* The next process finds the disks as they are in the store and the rings. */
static void lose_store(int error)
{
	fprintf(stderr, "corbel-blkback: store: %s\n", strerror(-error));
	program.has_failed = true;
	event_base_loopbreak(program.base);
}

/* Everything that happened leads here: all disks do what they can. */
static void turn(void)
{
	bool more = disks_turn();

	more |= uring_submit(program.uring);
	if (more) {
		event_active(program.again, EV_TIMEOUT, 0);
	}
	if (!event_pending(program.tell, EV_TIMEOUT, NULL)) {
		event_add(program.tell, &tell_after);
	}
	if (store_is_lost(program.place.store)) {
		lose_store(-ETIMEDOUT);
	}
}

static void on_tell(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
	disks_tell_figures();
}

static void on_again(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
	turn();
}

static void on_guest_event(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
	env_dispatch(program.place.env);
	turn();
}

static void on_storage(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
	uring_reap(program.uring);
	turn();
}

static void on_store(evutil_socket_t fd, short what, void *context)
{
	char path[STORE_PATH_MAX];
	char token[STORE_PATH_MAX];
	int error = 0;

	(void)fd;
	(void)what;
	(void)context;
	for (unsigned int i = 0; i < EVENTS_AT_ONCE && error == 0; i++) {
		error = store_event(program.place.store, path, token);
		if (error == 0) {
			disks_event(path, token);
		}
	}
	if (error != 0 && error != -EAGAIN) {
		lose_store(error);
		return;
	}
	disks_step();
	turn();
}

static void on_signal(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
	event_base_loopbreak(program.base);
}

/* True if `what` could not be had: says so. */
static bool lacks(const void *pointer, const char *what)
{
	if (pointer == NULL) {
		fprintf(stderr, "corbel-blkback: %s: %s\n", what,
			strerror(errno));
	}
	return pointer == NULL;
}

static bool add_event(int fd, short what, event_callback_fn callback)
{
	struct event *e =
		event_new(program.base, fd, what | EV_PERSIST, callback, NULL);

	return e != NULL && event_add(e, NULL) == 0;
}

static bool set_up(void)
{
	program.place.open = open_storage;
	program.place.store = store_open();
	if (lacks(program.place.store, "store")) {
		return false;
	}
	program.place.env = env_open();
	if (lacks(program.place.env, "/dev/xen/gntdev, /dev/xen/evtchn")) {
		return false;
	}
	program.uring = uring_open();
	if (lacks(program.uring, "io_uring")) {
		return false;
	}
	program.base = event_base_new();
	if (lacks(program.base, "event loop")) {
		return false;
	}
	program.again = event_new(program.base, -1, 0, on_again, NULL);
	program.tell = evtimer_new(program.base, on_tell, NULL);
	if (program.again == NULL || program.tell == NULL ||
	    !add_event(env_fd(program.place.env), EV_READ, on_guest_event) ||
	    !add_event(uring_fd(program.uring), EV_READ, on_storage) ||
	    !add_event(store_fd(program.place.store), EV_READ, on_store) ||
	    !add_event(SIGTERM, EV_SIGNAL, on_signal) ||
	    !add_event(SIGINT, EV_SIGNAL, on_signal)) {
		fputs("corbel-blkback: cannot set up the event loop\n", stderr);
		return false;
	}
	return true;
}

static bool begin(void)
{
	const int error = disks_begin(&program.place);

	if (error != 0) {
		fprintf(stderr, "corbel-blkback: watch: %s\n",
			strerror(-error));
	}
	return error == 0;
}

static void usage(FILE *to)
{
	fputs("usage: corbel-blkback [--no-persistent-grants]\n", to);
}

static bool parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "no-persistent-grants", no_argument, NULL, 'P' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	program.place.offer_persistent = true;
	while ((option = getopt_long(argc, argv, "Ph", options, NULL)) != -1) {
		switch (option) {
		case 'P':
			program.place.offer_persistent = false;
			break;
		case 'h':
			usage(stdout);
			exit(EXIT_SUCCESS);
		default:
			return false;
		}
	}
	return optind == argc;
}

int main(int argc, char **argv)
{
	if (!parse_options(argc, argv)) {
		usage(stderr);
		return 2;
	}
	if (!set_up() || !begin()) {
		return EXIT_FAILURE;
	}
	event_base_dispatch(program.base);
	/*
	 * Nothing is closed: guests keep their disks in Connected, and find
	 * them served again by the next process.
	 */
	return program.has_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
