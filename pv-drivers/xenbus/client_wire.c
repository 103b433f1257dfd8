/* SPDX-License-Identifier: MIT */
#include "pv-drivers/xenbus/client_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pv-drivers/xenbus/daemon.h"

#define PATIENCE_S 10

/* ---- opening ---- */

static int open_path(struct wire *w, const char *path)
{
	struct stat status;

	w->is_socket = stat(path, &status) == 0 && S_ISSOCK(status.st_mode);
	return w->is_socket ? daemon_connect(path)
			    : open(path, O_RDWR | O_CLOEXEC);
}

/* Readable when the daemon has sent something, or events wait here. */
static bool make_ready(struct wire *w)
{
	struct epoll_event in = { .events = EPOLLIN };

	w->queued = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->ready = epoll_create1(EPOLL_CLOEXEC);
	return w->queued >= 0 && w->ready >= 0 &&
	       epoll_ctl(w->ready, EPOLL_CTL_ADD, w->fd, &in) == 0 &&
	       epoll_ctl(w->ready, EPOLL_CTL_ADD, w->queued, &in) == 0;
}

bool wire_open(struct wire *w, const char *path, const char *daemon)
{
	int error;

	w->error = 0;
	w->queued = -1;
	w->ready = -1;
	w->patience_s = PATIENCE_S;
	w->daemon = daemon;
	STAILQ_INIT(&w->events);
	w->fd = open_path(w, path);
	if (w->fd >= 0 && make_ready(w)) {
		return true;
	}
	error = errno;
	wire_close(w);
	errno = error;
	return false;
}

static void close_fd(int fd)
{
	if (fd >= 0) {
		close(fd);
	}
}

void wire_close(struct wire *w)
{
	struct wire_message *m;

	while ((m = STAILQ_FIRST(&w->events)) != NULL) {
		STAILQ_REMOVE_HEAD(&w->events, link);
		free(m);
	}
	close_fd(w->ready);
	close_fd(w->queued);
	close_fd(w->fd);
}

/* ---- bytes ---- */

/* What has begun to fail is not in step with the daemon any more. */
static bool fail(struct wire *w, int error)
{
	w->error = error;
	errno = error;
	return false;
}

/* Until there is something to read, or nobody who would send it. */
static bool wait_readable(struct wire *w)
{
	struct pollfd fd = { .fd = w->fd, .events = POLLIN };
	unsigned int absent_s = 0;
	int count;

	while ((count = poll(&fd, 1, 1000)) <= 0) {
		if (count < 0 && errno != EINTR) {
			return fail(w, errno);
		}
		if (count < 0) {
			continue;
		}
		absent_s = daemon_listens(w->daemon) ? 0 : absent_s + 1;
		if (absent_s >= w->patience_s) {
			return fail(w, ETIMEDOUT);
		}
	}
	return true;
}

static bool read_all(struct wire *w, void *to, size_t size)
{
	char *at = to;
	ssize_t done;

	while (size > 0) {
		if (!wait_readable(w)) {
			return false;
		}
		done = read(w->fd, at, size);
		if (done == 0) {
			return fail(w, ECONNRESET);
		}
		if (done < 0 && errno != EINTR && errno != EAGAIN) {
			return fail(w, errno);
		}
		if (done > 0) {
			at += done;
			size -= (size_t)done;
		}
	}
	return true;
}

/* A socket may be closed at its other end, which is no reason for a signal. */
static ssize_t write_some(const struct wire *w, const void *from, size_t size)
{
	return w->is_socket ? send(w->fd, from, size, MSG_NOSIGNAL)
			    : write(w->fd, from, size);
}

/* The kernel's device takes a message in any pieces, and queues it. */
static bool write_all(struct wire *w, const void *from, size_t size)
{
	const char *at = from;
	ssize_t done;

	while (size > 0) {
		done = write_some(w, at, size);
		if (done < 0 && errno != EINTR) {
			return fail(w, errno);
		}
		if (done > 0) {
			at += done;
			size -= (size_t)done;
		}
	}
	return true;
}

/* ---- messages ---- */

static struct wire_message *receive(struct wire *w)
{
	struct xsd_sockmsg header;
	struct wire_message *m;

	if (!read_all(w, &header, sizeof(header))) {
		return NULL;
	}
	if (header.len > XENSTORE_PAYLOAD_MAX) {
		fail(w, EPROTO);
		return NULL;
	}
	m = malloc(sizeof(*m) + header.len + 1);
	if (m == NULL) {
		fail(w, ENOMEM);
		return NULL;
	}
	m->header = header;
	if (!read_all(w, m->body, header.len)) {
		free(m);
		return NULL;
	}
	m->body[header.len] = '\0';
	return m;
}

static void queue(struct wire *w, struct wire_message *m)
{
	STAILQ_INSERT_TAIL(&w->events, m, link);
	eventfd_write(w->queued, 1);
}

static bool send_message(struct wire *w, struct xsd_sockmsg *header,
			 const struct iovec *pieces, unsigned int count)
{
	size_t size = sizeof(*header);

	for (unsigned int i = 0; i < count; i++) {
		if (pieces[i].iov_len > sizeof(w->request) - size) {
			errno = E2BIG;
			return false;
		}
		memcpy(w->request + size, pieces[i].iov_base,
		       pieces[i].iov_len);
		size += pieces[i].iov_len;
	}
	header->len = (uint32_t)(size - sizeof(*header));
	memcpy(w->request, header, sizeof(*header));
	return write_all(w, w->request, size);
}

static int number_of(const char *text)
{
	for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]);
	     i++) {
		if (strcmp(text, xsd_errors[i].errstring) == 0) {
			return xsd_errors[i].errnum;
		}
	}
	return EINVAL;
}

static struct wire_message *receive_answer(struct wire *w,
					   enum xsd_sockmsg_type type)
{
	struct wire_message *m;

	while ((m = receive(w)) != NULL && m->header.type == XS_WATCH_EVENT) {
		queue(w, m);
	}
	if (m == NULL || m->header.type == type) {
		return m;
	}
	if (m->header.type == XS_ERROR) {
		errno = number_of(m->body);
	} else {
		fail(w, EPROTO);
	}
	free(m);
	return NULL;
}

struct wire_message *wire_call(struct wire *w, enum xsd_sockmsg_type type,
			       uint32_t transaction, const struct iovec *pieces,
			       unsigned int count)
{
	struct xsd_sockmsg header = { .type = type, .tx_id = transaction };

	if (w->error != 0) {
		errno = w->error;
		return NULL;
	}
	if (!send_message(w, &header, pieces, count)) {
		return NULL;
	}
	return receive_answer(w, type);
}

/* ---- events ---- */

/* Takes what has come; no answer is due. */
static void receive_event(struct wire *w)
{
	struct pollfd fd = { .fd = w->fd, .events = POLLIN };
	struct wire_message *m;

	if (poll(&fd, 1, 0) <= 0 || (m = receive(w)) == NULL) {
		return;
	}
	if (m->header.type == XS_WATCH_EVENT) {
		queue(w, m);
	} else {
		fail(w, EPROTO);
		free(m);
	}
}

struct wire_message *wire_event(struct wire *w)
{
	struct wire_message *m;
	eventfd_t count;

	if (STAILQ_EMPTY(&w->events) && w->error == 0) {
		receive_event(w);
	}
	m = STAILQ_FIRST(&w->events);
	if (m == NULL) {
		errno = w->error != 0 ? w->error : EAGAIN;
		return NULL;
	}
	STAILQ_REMOVE_HEAD(&w->events, link);
	if (STAILQ_EMPTY(&w->events)) {
		eventfd_read(w->queued, &count);
	}
	return m;
}
