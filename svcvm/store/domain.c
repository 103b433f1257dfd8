/* SPDX-License-Identifier: MIT */
/*
 * The list of domains: who comes, who goes. Their rings are in domain_ring.c.
 */
#include "svcvm/store/domain.h"
#include "svcvm/store/domain_ring.h"
#include "svcvm/store/log.h"
#include "svcvm/store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/xen.h>

struct domain *domain_find(const struct store *s, uint16_t domid)
{
	struct domain *d;

	TAILQ_FOREACH(d, &s->domains, link)
	{
		if (d->domid == domid) {
			return d;
		}
	}
	return NULL;
}

bool domain_is_introduced(const struct store *s, uint16_t domid)
{
	const struct domain *d = domain_find(s, domid);

	return d != NULL && !d->dying;
}

struct domain *domain_of_port(const struct store *s, int local_port)
{
	struct domain *d;

	TAILQ_FOREACH(d, &s->domains, link)
	{
		if (d->page != NULL && d->local_port == local_port) {
			return d;
		}
	}
	return NULL;
}

static void record(struct domain *d, enum record_type type, uint32_t a,
		   uint32_t b)
{
	journal_add(&d->store->journal, &(struct record){
						.type = type,
						.domid = d->domid,
						.a = a,
						.b = b,
					});
}

struct domain *domain_new(struct store *s, uint16_t domid, uint32_t gfn,
			  uint32_t port)
{
	struct domain *d = mem_alloc(sizeof(*d));

	d->store = s;
	d->domid = domid;
	d->gfn = gfn;
	d->port = port;
	d->local_port = -1;
	client_init(&d->client, domid);
	d->client.flush = domain_ring_flush;
	TAILQ_INSERT_TAIL(&s->domains, d, link);
	return d;
}

void domain_drop(struct domain *d)
{
	domain_ring_detach(d);
	client_free(&d->client);
	TAILQ_REMOVE(&d->store->domains, d, link);
	free(d);
}

/* A port that the guest has made anew, to the ring that is mapped. */
static int reintroduce(struct domain *d, uint32_t gfn, uint32_t port)
{
	int rc;

	if (d->dying) {
		return -EINVAL;
	}
	d->gfn = gfn;
	d->port = port;
	rc = domain_ring_rebind(d);
	record(d, RECORD_DOMAIN, port, gfn);
	domain_ring_reset(d);
	return rc;
}

int domain_introduce(struct store *s, uint16_t domid, uint32_t gfn,
		     uint32_t port)
{
	struct domain *d = domain_find(s, domid);
	int rc;

	if (d != NULL) {
		return reintroduce(d, gfn, port);
	}
	d = domain_new(s, domid, gfn, port);
	rc = domain_ring_attach(d);
	if (rc != 0) {
		domain_drop(d);
		return rc;
	}
	domain_ring_begin(d);
	record(d, RECORD_DOMAIN, port, gfn);
	domain_ring_record(d);
	log_line("domain %u: introduced", domid);
	store_announce(s, WATCH_INTRODUCE);
	return 0;
}

/* A later domain with this number gets nothing of what this one had. */
static void disown(struct store *s, uint16_t domid)
{
	struct domain *d;

	store_commit(s, &(struct change){
				.kind = CHANGE_DISOWN,
				.domid = domid,
				.path = "/",
			});
	TAILQ_FOREACH(d, &s->domains, link)
	{
		if (d->client.target == domid) {
			d->client.target = DOMID_INVALID;
			record(d, RECORD_TARGET, DOMID_INVALID, 0);
		}
	}
}

static enum domain_state state_of(const struct store *s, uint16_t domid)
{
	return s->ops == NULL ? DOMAIN_STATE_ALIVE : s->ops->state(domid);
}

int domain_release(struct store *s, uint16_t domid)
{
	struct domain *d = domain_find(s, domid);
	const enum domain_state state = state_of(s, domid);

	if (d == NULL) {
		return -ENOENT;
	}
	log_line("domain %u: released", domid);
	record(d, RECORD_RELEASE, 0, 0);
	domain_drop(d);
	if (state == DOMAIN_STATE_DYING || state == DOMAIN_STATE_ABSENT) {
		disown(s, domid);
	}
	store_announce(s, WATCH_RELEASE);
	return 0;
}

int domain_set_target(struct store *s, uint16_t domid, uint16_t target)
{
	struct domain *d = domain_find(s, domid);

	if (d == NULL || domain_find(s, target) == NULL) {
		return -ENOENT;
	}
	d->client.target = target;
	record(d, RECORD_TARGET, target, 0);
	return 0;
}

static void poll_one(struct store *s, struct domain *d)
{
	switch (state_of(s, d->domid)) {
	case DOMAIN_STATE_ALIVE:
		break;
	case DOMAIN_STATE_SHUTDOWN:
		if (!d->shutdown) {
			d->shutdown = true;
			store_announce(s, WATCH_RELEASE);
		}
		break;
	case DOMAIN_STATE_DYING:
		if (!d->dying) {
			log_line("domain %u: dying", d->domid);
			d->dying = true;
			domain_ring_detach(d);
			store_announce(s, WATCH_RELEASE);
		}
		break;
	case DOMAIN_STATE_ABSENT:
		domain_release(s, d->domid);
		break;
	}
}

int domain_resume(struct store *s, uint16_t domid)
{
	struct domain *d = domain_find(s, domid);

	if (d == NULL) {
		return -ENOENT;
	}
	d->shutdown = false;
	/* It may have stopped again meanwhile. */
	poll_one(s, d);
	return 0;
}

void domain_poll(struct store *s)
{
	struct domain *d;
	struct domain *next;

	for (d = TAILQ_FIRST(&s->domains); d != NULL; d = next) {
		next = TAILQ_NEXT(d, link);
		if (d->domid != 0) {
			poll_one(s, d);
		}
	}
}

/* ns until its ring is to be looked at; UINT64_MAX: when its port rings. */
static uint64_t wait_of(const struct domain *d, uint64_t now)
{
	return !d->more ? UINT64_MAX : rate_wait(&d->rate, now);
}

bool domain_has_more(const struct store *s, uint64_t now, uint64_t *wait)
{
	const struct domain *d;

	*wait = UINT64_MAX;
	TAILQ_FOREACH(d, &s->domains, link)
	{
		const uint64_t own = wait_of(d, now);

		*wait = own < *wait ? own : *wait;
	}
	return *wait != UINT64_MAX;
}

bool domain_service_more(struct store *s, uint64_t now)
{
	struct domain *d;
	struct domain *last = TAILQ_LAST(&s->domains, domain_list);

	TAILQ_FOREACH(d, &s->domains, link)
	{
		if (wait_of(d, now) == 0) {
			break;
		}
	}
	if (d == NULL) {
		return false;
	}
	if (d != last) { /* the others first, next time */
		TAILQ_REMOVE(&s->domains, d, link);
		TAILQ_INSERT_TAIL(&s->domains, d, link);
	}
	domain_service(d, now);
	return true;
}

void domain_free_all(struct store *s)
{
	while (!TAILQ_EMPTY(&s->domains)) {
		domain_drop(TAILQ_FIRST(&s->domains));
	}
}
