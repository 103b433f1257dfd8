/* SPDX-License-Identifier: MIT */
/*
 * corbel gdb: one gdb at one guest, over TCP on this machine or over stdin and
 * stdout.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "toolstack/command.h"
#include "toolstack/gdb/server.h"

#define DEFAULT_PORT 9999

/* How often a guest that runs is looked at: where nobody tells when it stops, and
 * where nobody tells when it ends. */
#define LOOK_MS       5
#define LOOK_ENDED_MS 200

struct connection {
	int in, out;
	int signals;
};

/* False at the connection's end, or when a signal came first. */
static bool send_all(const struct connection *n, const char *bytes, size_t size)
{
	while (size > 0) {
		struct pollfd fds[] = {
			{ .fd = n->out, .events = POLLOUT },
			{ .fd = n->signals, .events = POLLIN },
		};
		ssize_t sent;

		if (poll(fds, 2, -1) < 0 || fds[1].revents != 0) {
			return false;
		}
		sent = write(n->out, bytes, size);
		if (sent <= 0) {
			return false;
		}
		bytes += sent;
		size -= (size_t)sent;
	}
	return true;
}

static bool take_input(struct gdb_server *s, const struct connection *n)
{
	uint8_t bytes[512];
	const ssize_t got = read(n->in, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < got && !s->ended; i++) {
		const size_t size = gdb_server_take(s, bytes[i]);

		if (!send_all(n, s->out, size)) {
			return false;
		}
	}
	return got > 0;
}

static void serve(struct gdb_server *s, const struct connection *n)
{
	const int stops = corbel_debug_file(s->d);
	const int wait = stops >= 0 ? LOOK_ENDED_MS : LOOK_MS;

	while (!s->ended) {
		struct pollfd fds[] = {
			{ .fd = n->in, .events = POLLIN },
			{ .fd = n->signals, .events = POLLIN },
			{ .fd = s->running ? stops : -1, .events = POLLIN },
		};

		if (poll(fds, 3, s->running ? wait : -1) < 0 ||
		    fds[1].revents != 0) {
			return;
		}
		if (fds[0].revents != 0 && !take_input(s, n)) {
			return;
		}
		if (!send_all(n, s->out, gdb_server_look(s))) {
			return;
		}
	}
}

static int debug(struct corbel *c, uint32_t domid, const struct connection *n)
{
	struct corbel_debug *d;
	struct gdb_server *s;
	int ret = EXIT_OK;

	if (corbel_debug_open(c, domid, &d) != 0) {
		return report_failure(c);
	}
	s = gdb_server_new(d);
	if (s != NULL) {
		serve(s, n);
		gdb_server_free(s);
	} else {
		ret = report_errno("gdb", "memory");
	}
	corbel_debug_close(d);
	return ret;
}

/* Of this machine only: whoever reaches it has all of the guest. */
static int listen_at(uint16_t port)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const int on = 1;
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	    listen(fd, 1) == 0) {
		return fd;
	}
	if (fd >= 0) {
		close(fd);
	}
	return -1;
}

/* -1 if a signal comes first. */
static int wait_for_client(int listener, int signals)
{
	struct pollfd fds[] = {
		{ .fd = listener, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	const int on = 1;
	int fd;

	if (poll(fds, 2, -1) < 0 || fds[1].revents != 0) {
		return -1;
	}
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	}
	return fd;
}

static int debug_by_port(struct corbel *c, uint32_t domid, uint16_t port,
			 int signals)
{
	const int listener = listen_at(port);
	int client;
	int ret = EXIT_OK;

	if (listener < 0) {
		char object[32];

		snprintf(object, sizeof(object), "port %u", port);
		return report_errno(object, "listen");
	}
	fprintf(stderr, "in gdb: target remote 127.0.0.1:%u\n", port);
	client = wait_for_client(listener, signals);
	close(listener);
	if (client >= 0) {
		const struct connection n = { client, client, signals };

		ret = debug(c, domid, &n);
		close(client);
	}
	return ret;
}

int cmd_gdb(struct corbel *c, const struct arguments *a)
{
	const uint16_t port = a->given[OPTION_PORT]
				      ? (uint16_t)a->number[OPTION_PORT]
				      : DEFAULT_PORT;
	uint32_t domid;
	int signals, ret;

	if (corbel_find(c, a->operand[0], &domid) != 0) {
		return report_failure(c);
	}
	/* A guest must not stay stopped. */
	signals = signals_take();
	if (signals < 0) {
		return EXIT_FAILED;
	}
	if (a->given[OPTION_STDIO]) {
		const struct connection n = { STDIN_FILENO, STDOUT_FILENO,
					      signals };

		ret = debug(c, domid, &n);
	} else {
		ret = debug_by_port(c, domid, port, signals);
	}
	signals_give_back(signals);
	return ret;
}
