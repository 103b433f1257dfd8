/* SPDX-License-Identifier: MIT */
#include "svcvm/store/domain_ring.h"
#include "svcvm/store/log.h"
#include "svcvm/store/proto.h"
#include "svcvm/store/ring.h"
#include "svcvm/store/store.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* One guest that sends without end must not keep the others waiting. */
#define REQUESTS_AT_ONCE 16

static struct domain *domain_of(struct client *c)
{
	return (struct domain *)((char *)c - offsetof(struct domain, client));
}

static void notify(const struct domain *d)
{
	if (d->local_port >= 0) {
		d->store->ops->notify(d->local_port);
	}
}

int domain_ring_rebind(struct domain *d)
{
	int port;

	if (d->page == NULL) {
		return 0;
	}
	if (d->local_port >= 0) {
		d->store->ops->unbind(d->local_port);
		d->local_port = -1;
	}
	port = d->store->ops->bind(d->domid, d->port);
	if (port < 0) {
		log_line("domain %u: port %u: %s", d->domid, d->port,
			 strerror(-port));
		return port;
	}
	d->local_port = port;
	d->deaf = false;
	return 0;
}

static void connect(struct domain *d)
{
	store_add_client(d->store, &d->client);
	d->connected = true;
}

int domain_ring_attach(struct domain *d)
{
	int rc;

	if (d->store->ops == NULL) {
		return 0;
	}
	d->page = d->store->ops->map(d->domid);
	if (d->page == NULL) {
		log_line("domain %u: cannot map its ring: %s", d->domid,
			 strerror(errno));
		return -EINVAL;
	}
	rc = domain_ring_rebind(d);
	if (rc != 0) {
		d->store->ops->unmap(d->domid, d->page);
		d->page = NULL;
		return rc;
	}
	connect(d);
	return 0;
}

void domain_ring_begin(struct domain *d)
{
	if (d->page == NULL) {
		return;
	}
	d->taken = d->page->req_cons;
	d->sent = d->page->rsp_prod;
	ring_connect(d->page);
	notify(d);
}

void domain_ring_detach(struct domain *d)
{
	if (d->connected) {
		store_remove_client(d->store, &d->client);
		d->connected = false;
	}
	if (d->local_port >= 0) {
		d->store->ops->unbind(d->local_port);
		d->local_port = -1;
	}
	if (d->page != NULL) {
		d->store->ops->unmap(d->domid, d->page);
		d->page = NULL;
	}
	d->more = false;
}

/* Bytes that go to the guest, from what was queued first on. */
static void record_stream(const struct domain *d, const struct buf *out)
{
	journal_add(&d->store->journal,
		    &(struct record){
			    .type = RECORD_STREAM,
			    .domid = d->domid,
			    .a = d->taken,
			    .b = d->sent,
			    .first = d->client.in.data,
			    .first_len = (uint32_t)d->client.in.len,
			    .second = out->data,
			    .second_len = (uint32_t)out->len,
		    });
}

void domain_ring_record(const struct domain *d)
{
	const struct message *m;
	struct buf out = { 0 };

	TAILQ_FOREACH(m, &d->client.out, link)
	{
		buf_add(&out, m->bytes.data + m->sent, m->bytes.len - m->sent);
	}
	record_stream(d, &out);
	buf_free(&out);
}

static void forget(struct domain *d)
{
	client_reset(&d->client);
	journal_add(&d->store->journal, &(struct record){
						.type = RECORD_FORGET,
						.domid = d->domid,
					});
}

void domain_ring_reset(struct domain *d)
{
	forget(d);
	d->failed = false;
	d->taken = 0;
	d->sent = 0;
	if (d->page == NULL) {
		return;
	}
	ring_disconnect(d->page);
	domain_ring_record(d);
	journal_commit(&d->store->journal);
	ring_rewind(d->page);
	ring_connect(d->page);
	notify(d);
}

static void fail(struct domain *d, uint32_t error, const char *why)
{
	/* Once: it can connect again as often as it likes. */
	if (!d->told_failure) {
		log_line("domain %u: connection dropped: %s", d->domid, why);
	}
	d->told_failure = true;
	forget(d);
	d->failed = true;
	ring_fail(d->page, error);
	notify(d);
}

/* Sends what there is room for of the first message. */
static bool send_some(struct domain *d)
{
	struct message *m = TAILQ_FIRST(&d->client.out);
	const size_t left = m->bytes.len - m->sent;
	const int space = ring_space(d->page, d->sent);
	size_t len;

	if (space < 0) {
		fail(d, XENSTORE_ERROR_RINGIDX, "impossible index of replies");
		return false;
	}
	len = (size_t)space < left ? (size_t)space : left;
	if (len == 0) {
		return false;
	}
	if (len < left && m->sent == 0) {
		/* The rest must follow whatever becomes of us. A message that
		 * fits goes out in one step and needs no record. */
		record_stream(d, &m->bytes);
		journal_commit(&d->store->journal);
	}
	ring_write(d->page, d->sent, m->bytes.data + m->sent, len);
	d->sent += (uint32_t)len;
	ring_sent(d->page, d->sent);
	client_sent(&d->client, len);
	return true;
}

void domain_ring_flush(struct client *c)
{
	struct domain *d = domain_of(c);
	bool any = false;

	while (!d->failed && !TAILQ_EMPTY(&c->out) && send_some(d)) {
		any = true;
	}
	if (any) {
		notify(d);
	}
}

/* Takes up to `want` bytes; returns how many, -1 after a failure. */
static int take_bytes(struct domain *d, int want)
{
	const int have = ring_available(d->page, d->taken);
	char piece[512];
	int len = want;

	if (have < 0) {
		fail(d, XENSTORE_ERROR_RINGIDX, "impossible index of requests");
		return -1;
	}
	len = len < have ? len : have;
	len = len < (int)sizeof(piece) ? len : (int)sizeof(piece);
	ring_read(d->page, d->taken, piece, (size_t)len);
	buf_add(&d->client.in, piece, (size_t)len);
	d->taken += (uint32_t)len;
	return len;
}

/* Takes what there is of a request; `*moved` says if that was anything.
 * Returns whether it is whole now. */
static bool take_request(struct domain *d, bool *moved)
{
	int want;

	*moved = false;
	while ((want = client_wants(&d->client)) > 0) {
		const int len = take_bytes(d, want);

		if (len <= 0) {
			return false;
		}
		*moved = true;
	}
	if (want < 0) {
		fail(d, XENSTORE_ERROR_PROTO, "request too long");
		return false;
	}
	return true;
}

/* Handles one request, or takes a part of one. Returns false when the ring had
 * nothing: only then will the guest notify us of more. */
static bool service_one(struct domain *d)
{
	bool moved;
	const bool whole = take_request(d, &moved);

	if (d->failed || !moved) {
		return false;
	}
	if (whole) {
		d->rate.requests++;
		proto_handle(d->store, &d->client);
	}
	rate_take(&d->rate, d->client.out_bytes);
	domain_ring_record(d);
	store_settle(d->store);
	ring_taken(d->page, d->taken);
	notify(d);
	return true;
}

/* How many requests to handle in one go; domain 0 is the tools, and the kernel's
 * back ends. */
static unsigned int turn_of(struct domain *d, uint64_t now)
{
	const uint64_t left = rate_left(
		&d->rate, d->domid,
		d->domid == 0 ? 0 : d->store->quotas.limit[QUOTA_REQUESTS],
		now);

	return left < REQUESTS_AT_ONCE ? (unsigned int)left : REQUESTS_AT_ONCE;
}

/* Before the ring is read: what comes after that rings again. */
static void listen(struct domain *d)
{
	if (d->deaf) {
		d->store->ops->listen(d->local_port);
		d->deaf = false;
	}
}

/* At most `most` requests. */
static void service_some(struct domain *d, unsigned int most)
{
	unsigned int done = 0;

	while (!d->failed && TAILQ_EMPTY(&d->client.out)) {
		if (done == most) {
			d->more = true;
			break;
		}
		if (!service_one(d)) {
			break;
		}
		done++;
	}
	if (done == 0) {
		rate_take(&d->rate, 0);
	}
}

void domain_service(struct domain *d, uint64_t now)
{
	unsigned int most;

	d->more = false;
	if (d->page == NULL) {
		return;
	}
	most = turn_of(d, now);
	if (most == 0) {
		d->more = true;
		return;
	}
	listen(d);
	if (ring_wants_reconnect(d->page)) {
		domain_ring_reset(d);
	}
	domain_ring_flush(&d->client);
	service_some(d, most);
}

void domain_event(struct domain *d, uint64_t now)
{
	d->deaf = true;
	domain_service(d, now);
}

void domain_ring_resume(struct domain *d, const struct buf *pending)
{
	/* The first of the pending bytes were to be at d->sent. */
	const uint32_t got = d->page->rsp_prod - d->sent;

	if (ring_wants_reconnect(d->page)) {
		/* The indices may be old or new ones. domain_service() starts
		 * the ring anew; nothing is to go there before. */
		d->failed = true;
		return;
	}
	d->sent = d->page->rsp_prod;
	if (got < pending->len) {
		client_send_rest(&d->client, pending->data + got,
				 pending->len - got);
	}
	ring_taken(d->page, d->taken);
	ring_connect(d->page);
	notify(d);
}
