/* SPDX-License-Identifier: MIT */
/*
 * corbel-blkback: one process serves the disks of all guests whose back end
 * is of the type qdisk. It keeps no state outside the store and the rings:
 * killed and started again, it goes on where it was.
 */
#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pv-drivers/blk/back_uring.h"
#include "pv-drivers/blk/disk.h"
#include "pv-drivers/env/env.h"
#include "pv-drivers/xenbus/state.h"
#include "pv-drivers/xenbus/store.h"

#define ROOT "/local/domain/0/backend/qdisk"

/* The token of the watch on ROOT; those of disks are their paths. */
#define ROOT_TOKEN "root"

/* Domain numbers from here on are no guests (public header xen.h). */
#define FIRST_RESERVED 0x7ff0u

#define UNUSED_SECONDS 10u

struct entry {
	struct disk *disk;
	struct entry *next;
};

struct program {
	struct disk_place place;
	struct uring *uring;
	struct event_base *base;
	struct event *again;
	struct entry *disks;
	char scanned[STORE_PATH_MAX]; /* ROOT/N while its children are listed */
	bool is_first_scan;
	bool has_failed;
};

static struct program program;

static struct storage *open_storage(void *context, const char *path,
				    bool read_only)
{
	(void)context;
	return uring_storage(program.uring, path, read_only);
}

static struct disk *find(const char *path)
{
	for (struct entry *e = program.disks; e != NULL; e = e->next) {
		if (strcmp(disk_path(e->disk), path) == 0) {
			return e->disk;
		}
	}
	return NULL;
}

/*
 * What a killed process left at the kernel must end before it is repeated, and
 * before any disk of ours holds the same file open.
 */
static void wait_unused(const char *path)
{
	char params[STORE_VALUE_MAX];
	const char *file;

	if (state_read(program.place.store, path) != XenbusStateConnected ||
	    state_key_read(program.place.store, path, "params", params) != 0) {
		return;
	}
	file = disk_file_of(params);
	if (file != NULL && !uring_wait_unused(file, UNUSED_SECONDS)) {
		fprintf(stderr,
			"corbel-blkback: %s: in use for %u seconds, going on\n",
			file, UNUSED_SECONDS);
	}
}

static void add_disk(const char *path, uint16_t domain, uint32_t number)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (e == NULL) {
		return;
	}
	e->disk = disk_open(&program.place, path, domain, number);
	if (e->disk == NULL) {
		free(e);
		return;
	}
	e->next = program.disks;
	program.disks = e;
}

/* Splits ROOT/domain/number; false if `path` is not that. */
static bool parse(const char *path, uint16_t *domain, uint32_t *number)
{
	unsigned int d, n;
	int length = -1;

	if (sscanf(path, ROOT "/%5u/%9u%n", &d, &n, &length) != 2 ||
	    length < 0 || path[length] != '\0' || d >= FIRST_RESERVED) {
		return false;
	}
	*domain = (uint16_t)d;
	*number = n;
	return true;
}

static void step(const char *path)
{
	struct disk *d = find(path);
	uint16_t domain;
	uint32_t number;

	if (d == NULL && parse(path, &domain, &number)) {
		add_disk(path, domain, number);
		d = find(path);
	}
	if (d != NULL) {
		disk_step(d);
	}
}

static void scan_disk(void *context, const char *name)
{
	char path[STORE_PATH_MAX];

	(void)context;
	if (snprintf(path, sizeof(path), "%.200s/%.32s", program.scanned,
		     name) <= 0) {
		return;
	}
	if (program.is_first_scan) {
		wait_unused(path);
	} else {
		step(path);
	}
}

static void scan_domain(void *context, const char *name)
{
	(void)context;
	snprintf(program.scanned, sizeof(program.scanned), ROOT "/%.32s", name);
	store_list(program.place.store, program.scanned, scan_disk, NULL);
}

static void scan(void)
{
	for (struct entry *e = program.disks; e != NULL; e = e->next) {
		disk_step(e->disk);
	}
	store_list(program.place.store, ROOT, scan_domain, NULL);
}

/*
 * An event of the watch on ROOT. Keys of a disk change often, most of them
 * written by ourselves; these four mean something.
 */
static void root_event(const char *path)
{
	static const char *const keys[] = { "state", "online", "params",
					    "frontend" };
	char folder[STORE_PATH_MAX];
	const char *key;
	unsigned int slashes = 0;

	for (const char *p = path; *p != '\0'; p++) {
		slashes += *p == '/';
	}
	if (slashes < 6) { /* above the folder of a disk */
		scan();
		return;
	}
	if (slashes == 6) {
		step(path);
		return;
	}
	key = strrchr(path, '/');
	snprintf(folder, sizeof(folder), "%.*s", (int)(key - path), path);
	for (unsigned int i = 0; i < 4; i++) {
		if (strcmp(key + 1, keys[i]) == 0) {
			step(folder);
		}
	}
}

static void drop_disks(void)
{
	struct entry **link = &program.disks;

	while (*link != NULL) {
		struct entry *e = *link;

		if (disk_is_over(e->disk)) {
			*link = e->next;
			disk_close(e->disk);
			free(e);
		} else {
			link = &e->next;
		}
	}
}

/* Everything that happened leads here: all disks do what they can. */
static void turn(void)
{
	bool more = false;

	for (struct entry *e = program.disks; e != NULL; e = e->next) {
		more |= disk_turn(e->disk);
	}
	drop_disks();
	more |= uring_submit(program.uring);
	if (more) {
		event_active(program.again, EV_TIMEOUT, 0);
	}
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
	int error;

	(void)fd;
	(void)what;
	(void)context;
	while ((error = store_event(program.place.store, path, token)) == 0) {
		if (strcmp(token, ROOT_TOKEN) == 0) {
			root_event(path);
		} else {
			struct disk *d = find(token);

			if (d != NULL) {
				disk_step(d);
			}
		}
	}
	if (error != -EAGAIN) {
		fprintf(stderr, "corbel-blkback: store: %s\n",
			strerror(-error));
		program.has_failed = true;
		event_base_loopbreak(program.base);
		return;
	}
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
	if (program.again == NULL ||
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

/* The first event of the watch comes at once, and makes the second scan. */
static bool begin(void)
{
	int error;

	program.is_first_scan = true;
	store_list(program.place.store, ROOT, scan_domain, NULL);
	program.is_first_scan = false;
	error = store_watch(program.place.store, ROOT, ROOT_TOKEN);
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
