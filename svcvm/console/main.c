/* SPDX-License-Identifier: MIT */
/*
 * corbel-consoled: the consoles of all guests, in one event loop.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "svcvm/console/domains.h"
#include "svcvm/console/log.h"

static const char usage[] =
	"usage: corbel-consoled [OPTION]...\n"
	"\n"
	"Serves the consoles of all guests: each gets a terminal, whose name is\n"
	"in the store at /local/domain/N/console/tty, and a log.\n"
	"\n"
	"  --log-dir DIR     where the logs are [/var/log/corbel/console]\n"
	"  --log-size BYTES  size of a log file [1048576]\n"
	"  --log-files N     files that are kept for a guest [3]\n"
	"  --rate BYTES      what a guest may print each second [1048576]\n"
	"  --help            show this text\n";

struct settings {
	const char *folder;
	uint64_t size, count, rate;
};

struct daemon {
	struct guest_host host;
	struct domains domains;
};

static _Noreturn void misused(const char *what, const char *value)
{
	fprintf(stderr, "corbel-consoled: %s%s (see --help)\n", what, value);
	exit(2);
}

static uint64_t number(const char *text, uint64_t least, uint64_t most)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-' ||
	    value < least || value > most) {
		misused("not a number in its limits: ", text);
	}
	return value;
}

static void read_options(struct settings *settings, int argc, char **argv)
{
	static const struct option options[] = {
		{ "log-dir", required_argument, NULL, 'd' },
		{ "log-size", required_argument, NULL, 's' },
		{ "log-files", required_argument, NULL, 'f' },
		{ "rate", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'd':
			settings->folder = optarg;
			break;
		case 's':
			settings->size = number(optarg, 4096, INT64_MAX);
			break;
		case 'f':
			settings->count = number(optarg, 1, 1000);
			break;
		case 'r':
			settings->rate = number(optarg, 1024, UINT32_MAX);
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			exit(2);
		}
	}
	if (optind < argc) {
		misused("unknown argument: ", argv[optind]);
	}
}

/* Makes the folder with those above it. Returns its descriptor, or -1. */
static int open_folder(const char *path)
{
	char *part = strdup(path);
	char *slash = part;

	while (slash != NULL && (slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		mkdir(part, 0755);
		*slash = '/';
	}
	free(part);
	mkdir(path, 0750);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Two daemons would take each other's output away. */
static bool prepare_logs(struct logfile_options *logs,
			 const struct settings *settings)
{
	logs->size = settings->size;
	logs->count = (unsigned int)settings->count;
	logs->folder = open_folder(settings->folder);
	if (logs->folder < 0) {
		log_line("%s: %s", settings->folder, strerror(errno));
		return false;
	}
	if (flock(logs->folder, LOCK_EX | LOCK_NB) < 0) {
		log_line("%s: in use by another corbel-consoled",
			 settings->folder);
		return false;
	}
	return true;
}

static void on_guest_event(int fd, short what, void *context)
{
	struct daemon *daemon = context;
	xenevtchn_handle *events = daemon->host.hv.events;
	xenevtchn_port_or_error_t port;
	struct guest *guest;

	(void)fd;
	(void)what;
	port = xenevtchn_pending(events);
	if (port < 0) {
		return;
	}
	guest = domains_find(&daemon->domains, (evtchn_port_t)port);
	if (guest != NULL) {
		guest_event(guest);
	}
}

static void on_signal(int signal, short what, void *loop)
{
	(void)signal;
	(void)what;
	event_base_loopexit(loop, NULL);
}

static bool add_event(struct event_base *loop, int fd, short what,
		      event_callback_fn call, void *context)
{
	struct event *event =
		event_new(loop, fd, what | EV_PERSIST, call, context);

	return event != NULL && event_add(event, NULL) == 0;
}

static bool start(struct daemon *daemon)
{
	struct event_base *loop = event_base_new();

	daemon->host.loop = loop;
	if (loop != NULL &&
	    add_event(loop, SIGTERM, EV_SIGNAL, on_signal, loop) &&
	    add_event(loop, SIGINT, EV_SIGNAL, on_signal, loop) &&
	    domains_start(&daemon->domains, &daemon->host) &&
	    add_event(loop, xenevtchn_fd(daemon->host.hv.events), EV_READ,
		      on_guest_event, daemon)) {
		return true;
	}
	log_line("no event loop: %s", strerror(errno));
	return false;
}

int main(int argc, char **argv)
{
	static struct daemon daemon;
	struct settings settings = {
		.folder = "/var/log/corbel/console",
		.size = 1u << 20,
		.count = 3,
		.rate = 1u << 20,
	};

	read_options(&settings, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	daemon.host.rate = settings.rate;
	if (!link_open_hypervisor(&daemon.host.hv) ||
	    !prepare_logs(&daemon.host.logs, &settings) || !start(&daemon)) {
		return EXIT_FAILURE;
	}
	event_base_dispatch(daemon.host.loop);
	domains_stop(&daemon.domains);
	return EXIT_SUCCESS;
}
