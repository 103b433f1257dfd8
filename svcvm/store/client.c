/* SPDX-License-Identifier: MIT */
#include "svcvm/store/client.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/xs_wire.h>
#include <xen/xen.h>

/* Among so many of the last messages an event is looked for. */
#define SAME_DEPTH 64

void client_init(struct client *c, uint16_t domid)
{
	*c = (struct client){ .domid = domid, .target = DOMID_INVALID };
	TAILQ_INIT(&c->out);
	TAILQ_INIT(&c->watches);
	TAILQ_INIT(&c->txns);
}

static void drop_message(struct client *c, struct message *m)
{
	c->out_bytes -= m->bytes.len - m->sent;
	TAILQ_REMOVE(&c->out, m, link);
	buf_free(&m->bytes);
	free(m);
}

void client_forget(struct client *c)
{
	watch_clear(&c->watches);
	while (!TAILQ_EMPTY(&c->txns)) {
		struct txn *txn = TAILQ_FIRST(&c->txns);

		TAILQ_REMOVE(&c->txns, txn, link);
		txn_free(txn);
	}
}

void client_reset(struct client *c)
{
	client_forget(c);
	while (!TAILQ_EMPTY(&c->out)) {
		drop_message(c, TAILQ_FIRST(&c->out));
	}
	buf_free(&c->in);
}

void client_free(struct client *c)
{
	client_reset(c);
}

int client_wants(const struct client *c)
{
	struct xsd_sockmsg header;

	if (c->in.len < sizeof(header)) {
		return (int)(sizeof(header) - c->in.len);
	}
	memcpy(&header, c->in.data, sizeof(header));
	if (header.len > XENSTORE_PAYLOAD_MAX) {
		return -E2BIG;
	}
	return (int)(sizeof(header) + header.len - c->in.len);
}

size_t client_bytes(const struct client *c)
{
	const struct txn *txn;
	size_t bytes = watch_bytes(&c->watches);

	TAILQ_FOREACH(txn, &c->txns, link)
	{
		bytes += sizeof(*txn) + txn->bytes;
	}
	return bytes;
}

bool client_may(const struct client *c, const struct perms *perms,
		unsigned int want)
{
	unsigned int bits = perms_of(perms, c->domid);

	if (c->target != DOMID_INVALID) {
		bits |= perms_of(perms, c->target);
	}
	return (bits & want) == want;
}

static void queue(struct client *c, struct buf bytes)
{
	struct message *m = mem_alloc(sizeof(*m));

	m->bytes = bytes;
	TAILQ_INSERT_TAIL(&c->out, m, link);
	c->out_bytes += bytes.len;
}

static struct buf make_message(uint32_t type, uint32_t req_id, uint32_t tx_id,
			       const struct buf *payload)
{
	const struct xsd_sockmsg header = {
		.type = type,
		.req_id = req_id,
		.tx_id = tx_id,
		.len = (uint32_t)payload->len,
	};
	struct buf b = { 0 };

	buf_add(&b, &header, sizeof(header));
	buf_add(&b, payload->data, payload->len);
	return b;
}

void client_send(struct client *c, uint32_t type, uint32_t req_id,
		 uint32_t tx_id, const struct buf *payload)
{
	assert(payload->len <= XENSTORE_PAYLOAD_MAX);
	queue(c, make_message(type, req_id, tx_id, payload));
}

void client_send_rest(struct client *c, const char *data, size_t len)
{
	struct buf bytes = { 0 };

	buf_add(&bytes, data, len);
	queue(c, bytes);
}

static bool is_queued(const struct client *c, const struct buf *bytes)
{
	const struct message *m;
	unsigned int depth = 0;

	TAILQ_FOREACH_REVERSE(m, &c->out, message_queue, link)
	{
		if (depth++ == SAME_DEPTH) {
			break;
		}
		if (m->sent == 0 && m->bytes.len == bytes->len &&
		    memcmp(m->bytes.data, bytes->data, bytes->len) == 0) {
			return true;
		}
	}
	return false;
}

void client_event(struct client *c, const struct quota_limits *q,
		  const char *path, const char *token)
{
	struct buf payload = { 0 };
	struct buf bytes;

	buf_add_string(&payload, path);
	buf_add_string(&payload, token);
	if (payload.len > XENSTORE_PAYLOAD_MAX) {
		buf_free(&payload); /* the path alone may be 3072 long */
		return;
	}
	bytes = make_message(XS_WATCH_EVENT, 0, 0, &payload);
	buf_free(&payload);
	if (is_queued(c, &bytes) ||
	    !quota_allows(q, &c->quota_log, c->domid, QUOTA_OUTSTANDING,
			  c->out_bytes + bytes.len)) {
		buf_free(&bytes);
		return;
	}
	queue(c, bytes);
}

void client_sent(struct client *c, size_t len)
{
	struct message *m = TAILQ_FIRST(&c->out);

	m->sent += len;
	c->out_bytes -= len;
	if (m->sent == m->bytes.len) {
		drop_message(c, m);
	}
}
