/* SPDX-License-Identifier: MIT */
/*
 * A program's connection to the store daemon: one request at a time, and the
 * events of watches that come in between. Wire format: the public header
 * xs_wire.h.
 *
 * A request is waited for as long as there is a daemon, however slow. One that was
 * killed is back in a second or two and answers; when there has been none for
 * `patience_s`, the connection fails for good with ETIMEDOUT.
 */
#pragma once

#include <errno.h> /* xs_wire.h has a table of what it defines */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/uio.h>

#include <xen/io/xs_wire.h>

/* A message, or the path and the token of an event, with a NUL behind it. */
struct wire_message {
	STAILQ_ENTRY(wire_message) link;
	struct xsd_sockmsg header;
	char body[];
};

struct wire {
	int fd;
	bool is_socket;
	int error;  /* what every call fails with from now on; 0: none */
	int queued; /* an eventfd: `events` are not empty */
	int ready;  /* an epoll descriptor: there may be an event */
	unsigned int patience_s;
	const char *daemon; /* its socket */
	char request[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
	STAILQ_HEAD(, wire_message) events;
};

/* To a socket or the kernel's device. False with errno. */
bool wire_open(struct wire *w, const char *path, const char *daemon);
void wire_close(struct wire *w);

/* Sends the pieces as one message. Returns the answer, which the caller frees,
 * or NULL with errno; an answer that is an error is its errno. */
struct wire_message *wire_call(struct wire *w, enum xsd_sockmsg_type type,
			       uint32_t transaction, const struct iovec *pieces,
			       unsigned int count);

/* The next event, which the caller frees; NULL with errno, EAGAIN if there is
 * none. */
struct wire_message *wire_event(struct wire *w);
