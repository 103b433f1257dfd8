/* SPDX-License-Identifier: MIT */
/*
 * corbel-stored: start, options, loop, end.
 */
#include "svcvm/store/hyper.h"
#include "svcvm/store/log.h"
#include "svcvm/store/socket.h"
#include "svcvm/store/state.h"
#include "svcvm/store/store.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

static struct {
	const char *socket;
	const char *state;
	const char *pid_file;
	bool domains;
} config = {
	.socket = "/run/xenstored/socket",
	.state = "/run/corbel/stored.state",
	.domains = true,
};

enum {
	OPTION_SOCKET = 256,
	OPTION_STATE,
	OPTION_NO_STATE,
	OPTION_PID_FILE,
	OPTION_NO_DOMAINS,
	OPTION_QUOTA,
	OPTION_LOG,
	OPTION_HELP
};

static const struct option options[] = {
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ "state", required_argument, NULL, OPTION_STATE },
	{ "no-state", no_argument, NULL, OPTION_NO_STATE },
	{ "pid-file", required_argument, NULL, OPTION_PID_FILE },
	{ "no-domains", no_argument, NULL, OPTION_NO_DOMAINS },
	{ "quota", required_argument, NULL, OPTION_QUOTA },
	{ "log", no_argument, NULL, OPTION_LOG },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] =
	"usage: corbel-stored [OPTION]...\n"
	"The store of a Corbel host. It stays in the foreground.\n"
	"\n"
	"  --socket=PATH      listen there [/run/xenstored/socket]\n"
	"  --state=PATH       keep the state there [/run/corbel/stored.state]\n"
	"  --no-state         keep no state: start empty\n"
	"  --pid-file=PATH    write the process id there\n"
	"  --no-domains       serve the socket only, without a hypervisor\n"
	"  --quota=NAME=N     what one guest may have; names and limits:\n";

static void print_help(void)
{
	struct quota_limits limits;
	struct buf b = { 0 };

	quota_defaults(&limits);
	quota_print(&limits, &b);
	buf_add(&b, "", 1);
	fputs(usage, stdout);
	for (char *line = strtok(b.data, "\n"); line != NULL;
	     line = strtok(NULL, "\n")) {
		printf("                       %s\n", line);
	}
	puts("  --log              log each request\n"
	     "  --help             show this text");
	buf_free(&b);
}

static void wrong_usage(const char *what)
{
	fprintf(stderr, "corbel-stored: %s (see --help)\n", what);
	exit(2);
}

static void option_quota(struct store *s, char *text)
{
	char *value = strchr(text, '=');

	if (value == NULL) {
		wrong_usage("--quota wants NAME=N");
	}
	*value++ = '\0';
	if (quota_set(&s->quotas, text, value) != 0) {
		wrong_usage("--quota: no such quota or no number");
	}
}

static void read_options(struct store *s, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case OPTION_SOCKET:
			config.socket = optarg;
			break;
		case OPTION_STATE:
			config.state = optarg;
			break;
		case OPTION_NO_STATE:
			config.state = NULL;
			break;
		case OPTION_PID_FILE:
			config.pid_file = optarg;
			break;
		case OPTION_NO_DOMAINS:
			config.domains = false;
			break;
		case OPTION_QUOTA:
			option_quota(s, optarg);
			break;
		case OPTION_LOG:
			s->log_requests = true;
			break;
		case OPTION_HELP:
			print_help();
			exit(0);
		default:
			exit(2); /* getopt has said why */
		}
	}
	if (optind != argc) {
		wrong_usage("takes no arguments");
	}
}

/* The folder that a file is to be in; `path` may be NULL. */
static void make_folder(const char *path)
{
	char *folder = mem_string(path != NULL ? path : "");
	char *slash = strrchr(folder, '/');

	if (slash != NULL && slash != folder) {
		*slash = '\0';
		if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
			log_fatal("%s: %s", folder, strerror(errno));
		}
	}
	free(folder);
}

static void write_pid_file(void)
{
	FILE *file = fopen(config.pid_file, "we");

	if (file == NULL || fprintf(file, "%ld\n", (long)getpid()) < 0 ||
	    fclose(file) != 0) {
		log_fatal("%s: %s", config.pid_file, strerror(errno));
	}
}

/* Tells systemd, if that started us (sd_notify(3)), that clients may come. */
static void tell_ready(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len;
	int fd;

	if (path == NULL || strlen(path) >= sizeof(address.sun_path)) {
		return;
	}
	memcpy(address.sun_path, path, strlen(path));
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			  strlen(path));
	if (path[0] == '@') {
		address.sun_path[0] = '\0'; /* an abstract name */
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, "READY=1", strlen("READY=1"), MSG_NOSIGNAL,
			     (const struct sockaddr *)&address, len) < 0) {
		log_line("%s: %s", path, strerror(errno));
	}
	close(fd);
}

static void connect_domains(struct store *s)
{
	int port;

	domain_poll(s);
	if (domain_find(s, 0) != NULL) {
		return;
	}
	port = hyper_own_port();
	if (port < 0 || domain_introduce(s, 0, 0, (uint32_t)port) != 0) {
		log_fatal("cannot connect to this machine's kernel: is xenfs "
			  "mounted at /proc/xen, and no other store running?");
	}
}

static void on_signal(int number, short what, void *arg)
{
	(void)number;
	(void)what;
	event_base_loopbreak(arg);
}

static void run(struct event_base *base)
{
	struct event *term = evsignal_new(base, SIGTERM, on_signal, base);
	struct event *interrupt = evsignal_new(base, SIGINT, on_signal, base);

	event_add(term, NULL);
	event_add(interrupt, NULL);
	event_base_dispatch(base);
	event_free(term);
	event_free(interrupt);
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	struct store store;

	umask(077);
	store_init(&store, NULL, NULL);
	read_options(&store, argc, argv);
	journal_init(&store.journal, config.state);
	make_folder(config.socket);
	make_folder(config.state);
	make_folder(config.pid_file);
	/* First, since it finds out if another daemon is at work. */
	socket_listen(base, &store, config.socket);
	if (config.domains) {
		store.ops = hyper_open();
	}
	state_load(&store);
	if (config.domains) {
		hyper_run(base, &store);
		connect_domains(&store);
	}
	state_save(&store);
	store_settle(&store);
	if (config.pid_file != NULL) {
		write_pid_file();
	}
	log_line("ready at %s", config.socket);
	tell_ready();
	run(base);

	state_save(&store);
	socket_close_all();
	store_free(&store);
	if (config.domains) {
		hyper_close();
	}
	event_base_free(base);
	return 0;
}
