/* SPDX-License-Identifier: MIT */
#include "pv-drivers/net/front.h"

#include <errno.h>
#include <string.h>

#include "pv-drivers/env/env.h"
#include "pv-drivers/ring/ring_check.h"

/* A slot has room for a request as for a response. */
union send_slot {
	struct netif_tx_request request;
	struct netif_tx_response response;
};

union receive_slot {
	struct netif_rx_request request;
	struct netif_rx_response response;
};

_Static_assert(sizeof(union send_slot) == 12, "io/netif.h");
_Static_assert(sizeof(union receive_slot) == 8, "io/netif.h");

static void on_event(void *context)
{
	net_front_poll((struct net_front *)context);
}

/* A ring in a page of its own; the page's reference or an error. */
static int make_ring(struct net_front *f, uint16_t domain,
		     struct ring_front *ring, size_t slot)
{
	void *page = env_pages(f->env, 1);

	if (page == NULL) {
		return -ENOMEM;
	}
	ring_front_init(ring, page, ENV_PAGE_SIZE, slot);
	return env_grant(f->env, domain, page, true);
}

static int make_buffers(struct net_front *f, uint16_t domain,
			struct net_front_buffer *buffers, bool writable)
{
	for (unsigned int i = 0; i < NET_FRONT_BUFFERS; i++) {
		uint8_t *page = (uint8_t *)env_pages(f->env, 1);
		const int ref = page == NULL ? -ENOMEM
					     : env_grant(f->env, domain, page,
							 writable);

		if (ref < 0) {
			return ref;
		}
		buffers[i] =
			(struct net_front_buffer){ page, (uint32_t)ref, false };
	}
	return 0;
}

/* Gives a buffer to the back half to put a frame into. */
static void lend(struct net_front *f, uint16_t id)
{
	const struct netif_rx_request r = { .id = id,
					    .gref = f->incoming[id].ref };

	f->incoming[id].is_open = true;
	ring_front_put(&f->receives, &r, sizeof(r));
}

static void show_lent(struct net_front *f)
{
	if (ring_front_push(&f->receives)) {
		env_notify(f->env, f->port);
	}
}

int net_front_init(struct net_front *f, struct env *env, uint16_t domain,
		   net_front_receive *receive, void *context)
{
	int rc;

	memset(f, 0, sizeof(*f));
	f->env = env;
	f->receive = receive;
	f->context = context;
	rc = make_ring(f, domain, &f->sends, sizeof(union send_slot));
	f->send_ref = (uint32_t)rc;
	if (rc >= 0) {
		rc = make_ring(f, domain, &f->receives,
			       sizeof(union receive_slot));
		f->receive_ref = (uint32_t)rc;
	}
	if (rc >= 0) {
		rc = make_buffers(f, domain, f->outgoing, false);
	}
	if (rc >= 0) {
		rc = make_buffers(f, domain, f->incoming, true);
	}
	if (rc >= 0) {
		rc = env_offer(env, domain, on_event, f);
		f->port = (uint32_t)rc;
	}
	if (rc < 0) {
		return rc;
	}
	for (uint16_t i = 0; i < NET_FRONT_BUFFERS; i++) {
		lend(f, i);
	}
	show_lent(f);
	return 0;
}

static int free_buffer(const struct net_front *f)
{
	for (unsigned int i = 0; i < NET_FRONT_BUFFERS; i++) {
		if (!f->outgoing[i].is_open) {
			return (int)i;
		}
	}
	return -EAGAIN;
}

int net_front_send(struct net_front *f, const uint8_t *frame, size_t size)
{
	const int id = free_buffer(f);

	if (size > ENV_PAGE_SIZE) {
		return -E2BIG;
	}
	if (id < 0 || f->is_broken || ring_front_free(&f->sends) == 0) {
		return -EAGAIN;
	}

	const struct netif_tx_request r = {
		.gref = f->outgoing[id].ref,
		.id = (uint16_t)id,
		.size = (uint16_t)size,
	};

	memcpy(f->outgoing[id].page, frame, size);
	f->outgoing[id].is_open = true;
	ring_front_put(&f->sends, &r, sizeof(r));
	if (ring_front_push(&f->sends)) {
		env_notify(f->env, f->port);
	}
	return 0;
}

/* The buffer that a response names, which is ours again. NULL: it lies. */
static struct net_front_buffer *take_back(struct net_front_buffer *buffers,
					  uint16_t id)
{
	if (id >= NET_FRONT_BUFFERS || !buffers[id].is_open) {
		return NULL;
	}
	buffers[id].is_open = false;
	return &buffers[id];
}

static bool take_sent(struct net_front *f)
{
	struct netif_tx_response r;

	ring_front_take(&f->sends, &r, sizeof(r));
	return take_back(f->outgoing, r.id) != NULL;
}

/* A frame in several slots was not asked for: it is dropped, and its slots are
 * lent again. So is one that could not be delivered. */
static bool take_received(struct net_front *f)
{
	struct netif_rx_response r;
	const struct net_front_buffer *b;
	bool is_whole;

	ring_front_take(&f->receives, &r, sizeof(r));
	b = take_back(f->incoming, r.id);
	if (b == NULL) {
		return false;
	}
	is_whole = !f->is_skipping && !(r.flags & NETRXF_more_data);
	f->is_skipping = (r.flags & NETRXF_more_data) != 0;
	if (r.status > 0 && is_whole && !(r.flags & NETRXF_extra_info)) {
		if (!ring_range_ok(r.offset, (uint64_t)r.status,
				   ENV_PAGE_SIZE)) {
			return false;
		}
		f->receive(f->context, b->page + r.offset, (size_t)r.status);
	}
	lend(f, r.id);
	return true;
}

/* Takes all responses of one ring. */
static void drain(struct net_front *f, struct ring_front *ring,
		  bool (*take)(struct net_front *f))
{
	uint32_t count;

	do {
		while (!f->is_broken && ring_front_pending(ring, &count) &&
		       count != 0) {
			f->is_broken = !take(f);
		}
		ring_front_rest(ring);
		f->is_broken |= !ring_front_pending(ring, &count);
	} while (!f->is_broken && count != 0);
}

void net_front_poll(struct net_front *f)
{
	drain(f, &f->sends, take_sent);
	drain(f, &f->receives, take_received);
	if (!f->is_broken) {
		show_lent(f);
	}
}
