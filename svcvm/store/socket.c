/* SPDX-License-Identifier: MIT */
#include "svcvm/store/socket.h"
#include "svcvm/store/log.h"
#include "svcvm/store/proto.h"
#include "svcvm/store/store.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

/* A program that does not read what it is sent is dropped at this length. */
#define OUT_MAX (16u << 20)

/* Requests of one client before the others have their turn. */
#define REQUESTS_AT_ONCE 16

struct peer {
	TAILQ_ENTRY(peer) link;
	struct client client;
	struct store *store;
	int fd;
	struct event *reads;
	struct event *writes;
};

TAILQ_HEAD(peer_list, peer);

static struct {
	struct event_base *base;
	struct store *store;
	struct event *accepts;
	int fd;
	char *path;
	struct peer_list peers;
} listener;

static struct peer *peer_of(struct client *c)
{
	return (struct peer *)((char *)c - offsetof(struct peer, client));
}

static void drop(struct peer *p)
{
	event_free(p->reads);
	event_free(p->writes);
	close(p->fd);
	store_remove_client(p->store, &p->client);
	TAILQ_REMOVE(&listener.peers, p, link);
	free(p);
}

/* Sends the first message; false if it could not be sent to its end. */
static bool send_first(struct peer *p, bool *lost)
{
	const struct message *m = TAILQ_FIRST(&p->client.out);
	const size_t left = m->bytes.len - m->sent;
	const ssize_t done = send(p->fd, m->bytes.data + m->sent, left,
				  MSG_NOSIGNAL | MSG_DONTWAIT);

	if (done < 0) {
		*lost = errno != EAGAIN && errno != EINTR;
		return errno == EINTR;
	}
	client_sent(&p->client, (size_t)done);
	return (size_t)done == left;
}

static void flush(struct client *c)
{
	struct peer *p = peer_of(c);
	bool lost = false;

	while (!TAILQ_EMPTY(&c->out) && send_first(p, &lost)) {
	}
	if (c->out_bytes > OUT_MAX) {
		log_line("socket: dropped a client that does not read: more "
			 "than %u bytes are outstanding",
			 OUT_MAX);
		lost = true;
	}
	if (lost) {
		/* Whoever called may hold on to it: let the loop drop it. */
		shutdown(p->fd, SHUT_RDWR);
		client_reset(c);
		event_active(p->reads, EV_READ, 0);
	} else if (!TAILQ_EMPTY(&c->out)) {
		event_add(p->writes, NULL);
	}
}

static void on_writable(int fd, short what, void *arg)
{
	struct peer *p = arg;

	(void)fd;
	(void)what;
	flush(&p->client);
}

/* Reads what there is of the request. Returns 1 if it is whole, 0 if not, -1 at
 * the end of the connection. */
static int read_request(struct peer *p)
{
	char piece[512];
	int want;

	while ((want = client_wants(&p->client)) > 0) {
		const size_t room = (size_t)want < sizeof(piece)
					    ? (size_t)want
					    : sizeof(piece);
		const ssize_t done = recv(p->fd, piece, room, MSG_DONTWAIT);

		if (done < 0 && errno == EINTR) {
			continue;
		}
		if (done <= 0) {
			return done < 0 && errno == EAGAIN ? 0 : -1;
		}
		buf_add(&p->client.in, piece, (size_t)done);
	}
	return want < 0 ? -1 : 1;
}

static void on_readable(int fd, short what, void *arg)
{
	struct peer *p = arg;
	int rc = 0;

	(void)fd;
	(void)what;
	for (int i = 0; i < REQUESTS_AT_ONCE; i++) {
		rc = read_request(p);
		if (rc <= 0) {
			break;
		}
		proto_handle(p->store, &p->client);
	}
	if (rc < 0) {
		drop(p);
	}
	store_settle(listener.store);
}

static void on_connection(int fd, short what, void *arg)
{
	const int peer_fd =
		accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct peer *p;

	(void)what;
	(void)arg;
	if (peer_fd < 0) {
		return;
	}
	p = mem_alloc(sizeof(*p));
	p->store = listener.store;
	p->fd = peer_fd;
	client_init(&p->client, 0);
	p->client.local = true;
	p->client.flush = flush;
	p->reads = event_new(listener.base, peer_fd, EV_READ | EV_PERSIST,
			     on_readable, p);
	p->writes = event_new(listener.base, peer_fd, EV_WRITE, on_writable, p);
	TAILQ_INSERT_TAIL(&listener.peers, p, link);
	store_add_client(p->store, &p->client);
	event_add(p->reads, NULL);
}

static int make_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static bool is_served(const struct sockaddr_un *address)
{
	const int fd = make_socket();
	const bool served = connect(fd, (const struct sockaddr *)address,
				    sizeof(*address)) == 0;

	close(fd);
	return served;
}

static int open_listener(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = make_socket();
	const mode_t old = umask(0177);

	if (strlen(path) >= sizeof(address.sun_path)) {
		log_fatal("%s: longer than a socket's name may be", path);
	}
	memcpy(address.sun_path, path, strlen(path));
	if (is_served(&address)) {
		log_fatal("%s: there is a store already", path);
	}
	unlink(path);
	if (fd < 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(fd, 64) != 0) {
		log_fatal("%s: %s", path, strerror(errno));
	}
	umask(old);
	return fd;
}

void socket_listen(struct event_base *base, struct store *s, const char *path)
{
	int fd;

	fd = open_listener(path);
	listener.base = base;
	listener.store = s;
	listener.fd = fd;
	listener.path = mem_string(path);
	TAILQ_INIT(&listener.peers);
	listener.accepts =
		event_new(base, fd, EV_READ | EV_PERSIST, on_connection, NULL);
	event_add(listener.accepts, NULL);
}

void socket_close_all(void)
{
	while (!TAILQ_EMPTY(&listener.peers)) {
		drop(TAILQ_FIRST(&listener.peers));
	}
	event_free(listener.accepts);
	close(listener.fd);
	unlink(listener.path);
	free(listener.path);
}
