/* SPDX-License-Identifier: MIT */
#include "svcvm/store/state.h"
#include "svcvm/clock.h"
#include "svcvm/store/domain_ring.h"
#include "svcvm/store/log.h"
#include "svcvm/store/store.h"

#include <stdlib.h>
#include <string.h>

/* While the journal is read: the streams, by domain, as recorded last. */
struct stream {
	uint16_t domid;
	uint32_t taken;
	uint32_t sent;
	struct buf in;
	struct buf out;
};

struct loading {
	struct store *store;
	struct stream *streams;
	size_t stream_count;
};

void state_record(struct store *s, const struct client *c, uint32_t type,
		  uint32_t a, const char *first, const char *second)
{
	if (c->local) {
		return;
	}
	journal_add(&s->journal,
		    &(struct record){
			    .type = type,
			    .domid = c->domid,
			    .a = a,
			    .first = first,
			    .first_len = first ? (uint32_t)strlen(first) : 0,
			    .second = second,
			    .second_len = second ? (uint32_t)strlen(second) : 0,
		    });
}

static void save_node(void *context, const char *path,
		      const struct tree_node *n)
{
	struct store *s = context;
	struct record r = {
		.type = RECORD_CHANGE,
		.a = CHANGE_WRITE,
		.first = path,
		.first_len = (uint32_t)strlen(path),
		.second = n->value,
		.second_len = (uint32_t)n->value_len,
	};
	struct buf perms = { 0 };

	journal_add(&s->journal, &r);
	perms_format(&n->perms, &perms);
	r.a = CHANGE_PERMS;
	r.second = perms.data;
	r.second_len = (uint32_t)perms.len;
	journal_add(&s->journal, &r);
	buf_free(&perms);
}

static void save_domain(struct store *s, const struct domain *d)
{
	const struct client *c = &d->client;
	const struct watch *w;
	const struct txn *txn;

	journal_add(&s->journal, &(struct record){
					 .type = RECORD_DOMAIN,
					 .domid = d->domid,
					 .a = d->port,
					 .b = d->gfn,
				 });
	state_record(s, c, RECORD_TARGET, c->target, NULL, NULL);
	TAILQ_FOREACH(w, &c->watches, link)
	{
		state_record(s, c, RECORD_WATCH, (uint32_t)w->skip, w->path,
			     w->token);
	}
	TAILQ_FOREACH(txn, &c->txns, link)
	{
		state_record(s, c, RECORD_TXN_START, txn->id, NULL, NULL);
	}
	domain_ring_record(d);
}

void state_save(struct store *s)
{
	const struct domain *d;

	tree_walk(&s->tree, save_node, s);
	TAILQ_FOREACH(d, &s->domains, link)
	{
		save_domain(s, d);
	}
	journal_replace(&s->journal);
}

static struct stream *stream_of(struct loading *l, uint16_t domid)
{
	struct stream *stream;

	for (size_t i = 0; i < l->stream_count; i++) {
		if (l->streams[i].domid == domid) {
			return &l->streams[i];
		}
	}
	l->streams = mem_resize(l->streams,
				(l->stream_count + 1) * sizeof(*l->streams));
	stream = &l->streams[l->stream_count++];
	*stream = (struct stream){ .domid = domid };
	return stream;
}

static void load_stream(struct loading *l, const struct record *r)
{
	struct stream *stream = stream_of(l, (uint16_t)r->domid);

	stream->taken = r->a;
	stream->sent = r->b;
	stream->in.len = 0;
	stream->out.len = 0;
	buf_add(&stream->in, r->first, r->first_len);
	buf_add(&stream->out, r->second, r->second_len);
}

static void load_domain(struct store *s, const struct record *r)
{
	struct domain *d = domain_find(s, (uint16_t)r->domid);

	if (d == NULL) {
		domain_new(s, (uint16_t)r->domid, r->b, r->a);
	} else {
		d->port = r->a;
		d->gfn = r->b;
	}
}

static void end_txn(struct client *c, uint32_t id)
{
	struct txn *txn = txn_find(&c->txns, id);

	if (txn != NULL) {
		TAILQ_REMOVE(&c->txns, txn, link);
		txn_free(txn);
	}
}

/* It looks at the store as it is when all is loaded: see finish_domain(). */
static void load_txn(struct store *s, struct client *c, uint32_t id)
{
	struct txn *txn = txn_new(id, &s->tree);

	txn->doomed = true;
	TAILQ_INSERT_TAIL(&c->txns, txn, link);
}

/* A record of something that a domain's client keeps. */
static void load_client(struct store *s, struct domain *d,
			const struct record *r)
{
	struct client *c = &d->client;

	switch ((enum record_type)r->type) {
	case RECORD_TARGET:
		c->target = (uint16_t)r->a;
		break;
	case RECORD_WATCH:
		if (r->a < r->first_len) {
			watch_add(&c->watches, r->first, r->second, r->a);
		}
		break;
	case RECORD_UNWATCH:
		watch_remove(&c->watches, r->first, r->second);
		break;
	case RECORD_FORGET:
		client_forget(c);
		break;
	case RECORD_TXN_START:
		load_txn(s, c, r->a);
		break;
	case RECORD_TXN_END:
		end_txn(c, r->a);
		break;
	case RECORD_RELEASE:
		domain_drop(d);
		break;
	case RECORD_CHANGE:
	case RECORD_DOMAIN:
	case RECORD_STREAM:
		break;
	}
}

static void load_record(void *context, const struct record *r)
{
	struct loading *l = context;
	struct domain *d = domain_find(l->store, (uint16_t)r->domid);

	if (r->type == RECORD_CHANGE) {
		tree_apply(&l->store->tree, &(struct change){
						    .kind = r->a,
						    .domid = (uint16_t)r->domid,
						    .path = r->first,
						    .data = r->second,
						    .len = r->second_len,
					    });
	} else if (r->type == RECORD_DOMAIN) {
		load_domain(l->store, r);
	} else if (r->type == RECORD_STREAM) {
		load_stream(l, r);
	} else if (d != NULL) {
		load_client(l->store, d, r);
	}
}

/* Open transactions go on with the store as it is now. */
static void renew_txns(struct store *s, struct client *c)
{
	struct txn *txn;

	TAILQ_FOREACH(txn, &c->txns, link)
	{
		tree_free(&txn->base);
		tree_free(&txn->tree);
		tree_copy(&txn->base, &s->tree);
		tree_copy(&txn->tree, &s->tree);
	}
}

static void finish_domain(struct loading *l, struct domain *d)
{
	struct stream *stream = stream_of(l, d->domid);
	struct client *c = &d->client;
	struct watch *w;

	renew_txns(l->store, c);
	if (domain_ring_attach(d) != 0 || d->page == NULL) {
		return; /* gone, as domain_poll() will see */
	}
	d->taken = stream->taken;
	d->sent = stream->sent;
	buf_add(&c->in, stream->in.data, stream->in.len);
	domain_ring_resume(d, &stream->out);
	TAILQ_FOREACH(w, &c->watches, link)
	{
		client_event(c, &l->store->quotas, watch_form(w, w->path),
			     w->token);
	}
}

bool state_load(struct store *s)
{
	struct loading l = { .store = s };
	struct domain *d;
	size_t count;

	/* A client may hold generations that the last process gave; they were
	 * fewer than nanoseconds have passed. */
	tree_generations_from(clock_ns());
	count = journal_load(&s->journal, load_record, &l);

	TAILQ_FOREACH(d, &s->domains, link)
	{
		finish_domain(&l, d);
	}
	for (size_t i = 0; i < l.stream_count; i++) {
		buf_free(&l.streams[i].in);
		buf_free(&l.streams[i].out);
	}
	free(l.streams);
	if (count > 0) {
		log_line("going on from %s", s->journal.path);
	}
	return count > 0;
}
