/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "pv-drivers/xenbus/store_ring.h"

#include <string.h>

#include "pv-drivers/env/env.h"

/* The event only ends env_wait(). */
static void on_event(void *context)
{
	(void)context;
}

int store_ring_open(struct store *s, struct env *env,
		    struct xenstore_domain_interface *page, uint32_t port)
{
	memset(s, 0, sizeof(*s));
	s->env = env;
	s->port = port;
	byte_ring_open(&s->requests, page->req, sizeof(page->req),
		       &page->req_prod, &page->req_cons);
	byte_ring_open(&s->replies, page->rsp, sizeof(page->rsp),
		       &page->rsp_cons, &page->rsp_prod);
	return env_listen(env, port, on_event, s);
}

void store_close(struct store *s)
{
	env_unbind(s->env, s->port);
}

static int broken(struct store *s)
{
	s->is_broken = true;
	return -EIO;
}

/* Tells the daemon only before it waits: who sends a message does when it is
 * whole. */
static int send_bytes(struct store *s, const char *from, size_t size)
{
	while (size > 0) {
		const int room = byte_ring_room(&s->requests);
		const size_t now = (size_t)room < size ? (size_t)room : size;

		if (room < 0) {
			return broken(s);
		}
		if (room == 0) {
			env_notify(s->env, s->port);
			env_wait(s->env);
			continue;
		}
		byte_ring_put(&s->requests, from, now);
		from += now;
		size -= now;
	}
	return 0;
}

static int take_bytes(struct store *s, char *to, size_t size)
{
	while (size > 0) {
		const int have = byte_ring_waiting(&s->replies);
		const size_t now = (size_t)have < size ? (size_t)have : size;

		if (have < 0) {
			return broken(s);
		}
		if (have == 0) {
			env_wait(s->env);
			continue;
		}
		byte_ring_peek(&s->replies, to, now);
		byte_ring_consume(&s->replies, now);
		/* Only of a full ring waits the daemon for room. It may have
		 * become full since we looked. */
		if (byte_ring_waiting(&s->replies) + (int)now >=
		    XENSTORE_RING_SIZE) {
			env_notify(s->env, s->port);
		}
		to += now;
		size -= now;
	}
	return 0;
}

static struct store_ring_watch *find_watch(struct store *s, const char *token)
{
	for (unsigned int i = 0; i < STORE_RING_WATCHES; i++) {
		if (strcmp(s->watches[i].token, token) == 0) {
			return &s->watches[i];
		}
	}
	return NULL;
}

/* The payload is path, zero, token, zero. It ends with a zero in any case. */
static void note_event(struct store *s)
{
	const size_t path = strlen(s->payload) + 1;
	struct store_ring_watch *w;

	if (path >= s->size || path > STORE_PATH_MAX) {
		return;
	}
	w = s->payload[path] == '\0' ? NULL : find_watch(s, s->payload + path);
	if (w != NULL) {
		memcpy(w->path, s->payload, path);
		w->is_pending = true;
	}
}

/* Takes one message into the payload; waits for it. Events are noted. */
static int take_message(struct store *s, struct xsd_sockmsg *header)
{
	int error = take_bytes(s, (char *)header, sizeof(*header));

	if (error != 0) {
		return error;
	}
	if (header->len > XENSTORE_PAYLOAD_MAX) {
		return broken(s);
	}
	error = take_bytes(s, s->payload, header->len);
	if (error != 0) {
		return error;
	}
	s->size = header->len;
	s->payload[s->size] = '\0';
	if (header->type == XS_WATCH_EVENT) {
		note_event(s);
	}
	return 0;
}

static int error_of(const char *name)
{
	for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]);
	     i++) {
		if (strcmp(xsd_errors[i].errstring, name) == 0) {
			return -xsd_errors[i].errnum;
		}
	}
	return -EINVAL;
}

static int await_reply(struct store *s, uint32_t type)
{
	struct xsd_sockmsg header;

	do {
		const int error = take_message(s, &header);

		if (error != 0) {
			return error;
		}
	} while (header.type == XS_WATCH_EVENT);

	if (header.req_id != s->request) {
		return broken(s);
	}
	if (header.type == XS_ERROR) {
		return error_of(s->payload);
	}
	return header.type == type ? 0 : broken(s);
}

/* Sends `first`, with its zero, and `size` bytes of `second` behind it. The
 * answer's payload is in the store then. */
static int ask(struct store *s, uint32_t type, const char *first,
	       const char *second, size_t size)
{
	const struct xsd_sockmsg header = {
		.type = type,
		.req_id = ++s->request,
		.tx_id = s->transaction,
		.len = (uint32_t)(strlen(first) + 1 + size),
	};
	int error;

	if (s->is_broken || header.len > XENSTORE_PAYLOAD_MAX) {
		return s->is_broken ? -EIO : -E2BIG;
	}
	error = send_bytes(s, (const char *)&header, sizeof(header));
	if (error == 0) {
		error = send_bytes(s, first, strlen(first) + 1);
	}
	if (error == 0) {
		error = send_bytes(s, second, size);
	}
	if (error != 0) {
		return error;
	}
	env_notify(s->env, s->port);
	return await_reply(s, type);
}

int store_read(struct store *s, const char *path, char value[STORE_VALUE_MAX])
{
	const int error = ask(s, XS_READ, path, NULL, 0);

	if (error != 0) {
		return error;
	}
	if (s->size >= STORE_VALUE_MAX) {
		return -E2BIG;
	}
	memcpy(value, s->payload, s->size + 1);
	return 0;
}

int store_write(struct store *s, const char *path, const char *value)
{
	return ask(s, XS_WRITE, path, value, strlen(value));
}

/* A transaction's number in decimal; 0 is none. */
static uint32_t parse_number(const char *text)
{
	uint32_t n = 0;

	for (; *text >= '0' && *text <= '9'; text++) {
		n = n * 10 + (uint32_t)(*text - '0');
	}
	return n;
}

int store_begin(struct store *s)
{
	const int error = ask(s, XS_TRANSACTION_START, "", NULL, 0);

	if (error != 0) {
		return error;
	}
	s->transaction = parse_number(s->payload);
	return s->transaction == 0 ? broken(s) : 0;
}

int store_end(struct store *s)
{
	const int error = ask(s, XS_TRANSACTION_END, "T", NULL, 0);

	s->transaction = 0;
	return error;
}

/* `each` may use the store again: the names are copied, one by one. */
int store_list(struct store *s, const char *path,
	       void (*each)(void *context, const char *name), void *context)
{
	static char names[XENSTORE_PAYLOAD_MAX + 1];
	const int error = ask(s, XS_DIRECTORY, path, NULL, 0);
	const uint32_t size = s->size;

	if (error != 0) {
		return error;
	}
	memcpy(names, s->payload, size + 1);
	for (uint32_t at = 0; at < size; at += strlen(names + at) + 1) {
		each(context, names + at);
	}
	return 0;
}

int store_watch(struct store *s, const char *path, const char *token)
{
	struct store_ring_watch *w = find_watch(s, "");
	int error;

	if (*token == '\0' || strlen(token) >= STORE_PATH_MAX) {
		return -EINVAL;
	}
	if (w == NULL) {
		return -ENOSPC;
	}
	/* The first event may come before the answer. */
	memcpy(w->token, token, strlen(token) + 1);
	w->is_pending = false;
	error = ask(s, XS_WATCH, path, token, strlen(token) + 1);
	if (error != 0) {
		w->token[0] = '\0';
	}
	return error;
}

int store_unwatch(struct store *s, const char *path, const char *token)
{
	struct store_ring_watch *w = find_watch(s, token);
	const int error = ask(s, XS_UNWATCH, path, token, strlen(token) + 1);

	if (w != NULL && error == 0) {
		w->token[0] = '\0';
	}
	return error;
}

int store_fd(const struct store *s)
{
	(void)s;
	return -1;
}

static struct store_ring_watch *pending_watch(struct store *s)
{
	for (unsigned int i = 0; i < STORE_RING_WATCHES; i++) {
		struct store_ring_watch *w = &s->watches[i];

		if (w->token[0] != '\0' && w->is_pending) {
			return w;
		}
	}
	return NULL;
}

int store_event(struct store *s, char path[STORE_PATH_MAX],
		char token[STORE_PATH_MAX])
{
	struct store_ring_watch *w;
	struct xsd_sockmsg header;
	int error = 0;

	while (error == 0 && byte_ring_waiting(&s->replies) != 0) {
		error = take_message(s, &header);
	}
	w = pending_watch(s);
	if (error != 0 || w == NULL) {
		return error != 0 ? error : -EAGAIN;
	}
	w->is_pending = false;
	memcpy(path, w->path, STORE_PATH_MAX);
	memcpy(token, w->token, STORE_PATH_MAX);
	return 0;
}
