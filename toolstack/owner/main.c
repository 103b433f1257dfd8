/* SPDX-License-Identifier: MIT */
/*
 * corbeld: owns the guests. Those that start with the machine are made; when one
 * stops by itself, what its description says is carried out, in a process for
 * each so that none waits for another.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xen/sched.h>
#include <xen/xen.h>

#include "toolstack/owner/owner.h"

#define DOMIDS 0x8000u
#define LOCK   "/run/corbel/corbeld.lock"

/* From a change to the look at it. */
#define LOOK_US 20000

struct owner {
	struct event_base *loop;
	struct corbel *changes; /* NULL while the store is away */
	struct event *changed;  /* of them */
	struct event *again;    /* a try to have them back */
	int lock; /* held as long as we live, but by no child of ours */
	bool stopped[DOMIDS];
	bool seen[DOMIDS]; /* of those: in hand or done with */
	bool is_listened_to;
	struct event *due; /* a look, because of a change */
	struct event *pause_timer;
};

struct options {
	const char *address; /* for metrics, or NULL */
	uint16_t port;
};

void log_line(const char *format, ...)
{
	char line[900];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fprintf(stderr, "corbeld: %s\n", line);
}

static int tell(const struct corbel *c)
{
	const struct corbel_error *const e = corbel_error(c);

	log_line("%s%s%s", e->object, e->object[0] != '\0' ? ": " : "",
		 e->text);
	return -1;
}

/* ---- children ---- */

typedef bool (*work_t)(struct corbel *c, uint32_t domid);

/* Once begun it is done, whoever wants us to end. The lock and who is served by
 * the socket are not its own. */
static _Noreturn void work_in_child(work_t work, uint32_t domid)
{
	struct corbel *c;
	bool done = false;

	/* The loop's handler writes to a descriptor that is another file's here. */
	signal(SIGCHLD, SIG_DFL);
	close_range(STDERR_FILENO + 1, ~0u, 0);
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (corbel_open(&c) == 0) {
		done = work(c, domid);
	} else {
		tell(c);
	}
	_exit(done ? 0 : 1);
}

/* A process of its own for what may take long. */
static bool begin(work_t work, uint32_t domid)
{
	const pid_t child = fork();

	if (child == 0) {
		work_in_child(work, domid);
	}
	if (child < 0) {
		log_line("domain %u: fork: %s", domid, strerror(errno));
	}
	return child > 0;
}

static void on_child(int signal, short what, void *context)
{
	(void)signal;
	(void)what;
	(void)context;
	while (waitpid(-1, NULL, WNOHANG) > 0) {
	}
}

/* ---- the domains there are ---- */

/* One that has suspended itself may go on, and stop another time. */
static bool has_stopped(const struct corbel_info *info)
{
	return info->state == CORBEL_STATE_CRASHED ||
	       (info->state == CORBEL_STATE_SHUTDOWN &&
		info->shutdown_reason != SHUTDOWN_suspend);
}

static void look_at(struct owner *o, const struct corbel_info *list,
		    size_t count)
{
	memset(o->stopped, 0, sizeof(o->stopped));
	for (size_t i = 0; i < count; i++) {
		const uint32_t domid = list[i].domid;

		if (domid == 0 || domid >= DOMIDS || !has_stopped(&list[i])) {
			continue;
		}
		o->stopped[domid] = true;
		if (!o->seen[domid]) {
			o->seen[domid] = begin(end_handle, domid);
		}
	}
	/* A number may be another guest's one day. */
	for (uint32_t domid = 0; domid < DOMIDS; domid++) {
		o->seen[domid] = o->seen[domid] && o->stopped[domid];
	}
}

/* Devices are many, and all looked at only when some may have changed. */
static void look(struct owner *o, bool devices)
{
	struct corbel_info *list;
	struct corbel *c;
	size_t count;

	if (corbel_open(&c) != 0 || corbel_list(c, &list, &count) != 0) {
		tell(c);
	} else {
		events_look(list, count);
		look_at(o, list, count);
		if (devices || o->is_listened_to) {
			events_look_at_devices(c, devices);
		}
		free(list);
	}
	corbel_close(c);
}

static void on_due(int fd, short what, void *context)
{
	struct owner *const o = context;

	(void)fd;
	(void)what;
	look(o, o->is_listened_to);
}

/* Tries to have the store back in a second. */
static void disconnect(struct owner *o)
{
	const struct timeval second = { 1, 0 };

	if (o->changed != NULL) {
		event_free(o->changed);
		o->changed = NULL;
	}
	corbel_close(o->changes);
	o->changes = NULL;
	event_add(o->again, &second);
}

/* A guest's devices come and go together with it: one look is for all. */
static void on_change(int fd, short what, void *context)
{
	const struct timeval soon = { 0, LOOK_US };
	struct owner *const o = context;

	(void)fd;
	(void)what;
	if (corbel_changes_take(o->changes) != 0) {
		tell(o->changes);
		disconnect(o);
		return;
	}
	if (!event_pending(o->due, EV_TIMEOUT, NULL)) {
		event_add(o->due, &soon);
	}
}

/* ---- the store ---- */

static void make_one(const char *path, void *context)
{
	end_resume(context, path);
}

/* A guest that died with the store away may still have the disks of one that is to
 * be made. */
static void sweep(struct corbel *c)
{
	const int swept = corbel_sweep(c);

	if (swept < 0) {
		tell(c);
	} else if (swept > 0) {
		log_line("what was left of %d guests that are gone is removed",
			 swept);
	}
}

static bool begin_anew(struct corbel *c, uint32_t domid)
{
	(void)domid;
	sweep(c);
	pending_each(make_one, c);
	return true;
}

/* The watches fire at once, which brings a look. */
static bool connect_store(struct owner *o)
{
	int fd;

	if (corbel_open(&o->changes) != 0 ||
	    corbel_changes_open(o->changes, &fd) != 0) {
		return false;
	}
	o->changed = event_new(o->loop, fd, EV_READ | EV_PERSIST, on_change, o);
	return o->changed != NULL && event_add(o->changed, NULL) == 0;
}

static void on_again(int fd, short what, void *context)
{
	struct owner *const o = context;

	(void)fd;
	(void)what;
	if (connect_store(o)) {
		log_line("the store is back");
		begin(begin_anew, 0);
	} else {
		disconnect(o);
	}
}

/* ---- who listens ---- */

/* Nobody tells us of a pause. */
static void on_timer(int fd, short what, void *context)
{
	(void)fd;
	(void)what;
	look(context, false);
}

static void on_listeners(bool any, void *context)
{
	const struct timeval second = { 1, 0 };
	struct owner *const o = context;

	if (any && !o->is_listened_to) {
		event_add(o->pause_timer, &second);
		look(o, true);
	} else if (!any) {
		event_del(o->pause_timer);
	}
	o->is_listened_to = any;
}

/* Guests are started again even if nobody can be told. */
static void serve(struct owner *o)
{
	o->pause_timer = event_new(o->loop, -1, EV_PERSIST, on_timer, o);
	if (o->pause_timer == NULL || !serve_start(o->loop, on_listeners, o)) {
		log_line("nobody is told of events");
	}
}

/* What was asked for on the command line has to work. */
static bool serve_network(const struct owner *o, const struct options *options)
{
	return options->address == NULL ||
	       serve_metrics(o->loop, options->address, options->port);
}

/* ---- start and end ---- */

static void on_signal(int signal, short what, void *context)
{
	struct owner *const o = context;

	(void)signal;
	(void)what;
	event_base_loopbreak(o->loop);
}

/* Two would make a guest twice. */
static int take_lock(struct owner *o)
{
	o->lock = open(LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (o->lock < 0 || flock(o->lock, LOCK_EX | LOCK_NB) != 0) {
		log_line("%s: %s (is another corbeld running?)", LOCK,
			 strerror(errno));
		return -1;
	}
	return 0;
}

static bool add(struct owner *o, int fd, short what, event_callback_fn call)
{
	struct event *const event =
		event_new(o->loop, fd, what | EV_PERSIST, call, o);

	return event != NULL && event_add(event, NULL) == 0;
}

/* Those from before the machine was started again: the service VM leaves their pCPUs,
 * guests find them. */
static void find_pools(struct corbel *c)
{
	struct corbel_pool *list;
	size_t count;

	if (corbel_pools(c, &list, &count) != 0) {
		tell(c);
		return;
	}
	free(list);
}

static int start(struct owner *o)
{
	if (take_lock(o) != 0) {
		return -1;
	}
	o->loop = event_base_new();
	o->due = o->loop != NULL ? evtimer_new(o->loop, on_due, o) : NULL;
	o->again = o->due != NULL ? evtimer_new(o->loop, on_again, o) : NULL;
	if (o->again == NULL || !add(o, SIGCHLD, EV_SIGNAL, on_child) ||
	    !add(o, SIGTERM, EV_SIGNAL, on_signal) ||
	    !add(o, SIGINT, EV_SIGNAL, on_signal)) {
		log_line("no event loop: %s", strerror(errno));
		return -1;
	}
	if (!connect_store(o)) {
		return tell(o->changes);
	}
	serve(o);
	find_pools(o->changes);
	autostart_begin(o->changes);
	begin(begin_anew, 0);
	return 0;
}

/* "ADDRESS:PORT"; what is before the last colon is the address. */
static bool parse_address(char *text, struct options *options)
{
	char *const colon = strrchr(text, ':');
	char *end;
	unsigned long port;

	if (colon == NULL || colon[1] < '0' || colon[1] > '9') {
		return false;
	}
	port = strtoul(colon + 1, &end, 10);
	if (*end != '\0' || port == 0 || port > UINT16_MAX) {
		return false;
	}
	*colon = '\0';
	options->address = text;
	options->port = (uint16_t)port;
	return true;
}

static bool parse_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "metrics", required_argument, NULL, 'm' },
		{ NULL, 0, NULL, 0 },
	};
	int answer;

	while ((answer = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (answer != 'm' || !parse_address(optarg, options)) {
			return false;
		}
	}
	return optind == argc;
}

int main(int argc, char **argv)
{
	static struct owner owner;
	struct options options = { 0 };

	if (!parse_options(argc, argv, &options)) {
		fprintf(stderr, "usage: corbeld [--metrics ADDRESS:PORT]\n\n"
				"Restarts or removes guests that stop, as "
				"their descriptions say, starts those that\n"
				"start with the machine, and tells about all "
				"of them.\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	if (start(&owner) != 0 || !serve_network(&owner, &options)) {
		return EXIT_FAILURE;
	}
	event_base_dispatch(owner.loop);
	serve_stop();
	return EXIT_SUCCESS;
}
