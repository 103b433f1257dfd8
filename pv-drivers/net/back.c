/* SPDX-License-Identifier: MIT */
#include "pv-drivers/net/back.h"

#include <errno.h>
#include <string.h>

#include "pv-drivers/env/env.h"

/* Packets at one go: others want their turn. */
#define PACKETS_AT_ONCE 64u

#define RECEIVE_SLOT    sizeof(struct netif_rx_response)

_Static_assert(sizeof(union net_slot) == 12, "io/netif.h");
_Static_assert(RECEIVE_SLOT == sizeof(struct netif_rx_request), "io/netif.h");

static void on_event(void *context)
{
	struct net_back *b = (struct net_back *)context;

	while (net_back_run(b)) {
	}
}

static void complain(struct net_back *b, const char *what)
{
	if (!b->has_complained) {
		b->config.complain(b->config.context, what);
	}
	b->has_complained = true;
}

static void *map(const struct net_back *b, uint32_t ref)
{
	return env_map(b->config.env, b->config.domain, &ref, 1, true);
}

static void unmap(const struct net_back *b, void *ring)
{
	if (ring != NULL) {
		env_unmap(b->config.env, ring, 1);
	}
}

int net_back_open(struct net_back *b, const struct net_back_config *config,
		  uint32_t send_ref, uint32_t receive_ref, uint32_t port)
{
	void *sends, *receives;
	int rc = -EINVAL;

	memset(b, 0, sizeof(*b));
	b->config = *config;
	sends = map(b, send_ref);
	receives = map(b, receive_ref);
	if (sends != NULL && receives != NULL) {
		rc = env_bind(config->env, config->domain, port, on_event, b);
	}
	if (rc < 0) {
		unmap(b, sends);
		unmap(b, receives);
		return rc;
	}
	b->port = (uint32_t)rc;
	ring_back_attach(&b->sends, sends, ENV_PAGE_SIZE,
			 sizeof(union net_slot));
	ring_back_attach(&b->receives, receives, ENV_PAGE_SIZE, RECEIVE_SLOT);
	return 0;
}

void net_back_close(struct net_back *b)
{
	env_unbind(b->config.env, b->port);
	unmap(b, b->sends.ring.shared);
	unmap(b, b->receives.ring.shared);
}

static void stop(struct net_back *b, const char *what)
{
	b->is_broken = true;
	complain(b, what);
}

/* How many requests wait; 0 after the front half broke the rules. */
static uint32_t pending(struct net_back *b, const struct ring_back *ring)
{
	uint32_t count;

	if (b->is_broken) {
		return 0;
	}
	if (!ring_back_pending(ring, &count)) {
		stop(b, "ring index out of bounds");
		return 0;
	}
	return count;
}

/* Copies the parts one behind the other. 0 or an error. */
static int gather(struct net_back *b, const struct net_packet *p)
{
	struct env_copy pieces[NET_PARTS_MAX];
	uint32_t at = 0;

	for (unsigned int i = 0; i < p->part_count; i++) {
		pieces[i] = (struct env_copy){
			.local = b->frame + at,
			.ref = p->parts[i].ref,
			.offset = p->parts[i].offset,
			.bytes = p->parts[i].size,
		};
		at += p->parts[i].size;
	}
	return env_copy(b->config.env, b->config.domain, pieces, p->part_count,
			false);
}

/* One answer for each slot, in their order: extra ones are the second ones. */
static void answer(struct net_back *b, const struct net_packet *p,
		   int16_t status)
{
	for (unsigned int i = 0; i < p->part_count; i++) {
		const struct netif_tx_response r = { .id = p->parts[i].id,
						     .status = status };
		const struct netif_tx_response none = {
			.status = NETIF_RSP_NULL,
		};

		ring_back_answer(&b->sends, &r, sizeof(r));
		for (unsigned int n = 0; i == 0 && n < p->extras; n++) {
			ring_back_answer(&b->sends, &none, sizeof(none));
		}
	}
}

/* Copies the slots of the next packet, as many as there may be to it. */
static const char *take_packet(struct net_back *b, uint32_t count,
			       struct net_packet *p)
{
	union net_slot slots[NET_SLOTS_MAX];
	const uint32_t now = count < NET_SLOTS_MAX ? count : NET_SLOTS_MAX;
	const uint32_t first = b->sends.req_cons;
	const char *problem;

	for (uint32_t i = 0; i < now; i++) {
		ring_back_take(&b->sends, &slots[i]);
	}
	problem = net_request_parse(slots, now, p);
	b->sends.req_cons = first + p->slots;
	return problem;
}

static void move_packet(struct net_back *b, uint32_t count)
{
	struct net_packet p;
	const char *problem = take_packet(b, count, &p);
	int16_t status = NETIF_RSP_OKAY;

	if (problem != NULL) {
		stop(b, problem);
		return;
	}
	if (gather(b, &p) == 0) {
		b->config.receive(b->config.context, b->frame, &p);
	} else {
		complain(b, "cannot copy from the granted pages");
		status = NETIF_RSP_ERROR;
	}
	answer(b, &p, status);
}

bool net_back_run(struct net_back *b)
{
	const uint32_t before = b->sends.rsp_prod;
	uint32_t count;

	for (unsigned int i = 0; i < PACKETS_AT_ONCE; i++) {
		count = pending(b, &b->sends);
		if (count == 0) {
			break;
		}
		move_packet(b, count);
	}
	if (b->sends.rsp_prod != before && ring_back_push(&b->sends, before)) {
		env_notify(b->config.env, b->port);
	}
	if (b->is_broken) {
		return false;
	}
	ring_back_rest(&b->sends);
	return pending(b, &b->sends) != 0;
}

/* Fills one of the guest's pages. The flags say if the frame goes on. */
static void put_part(struct net_back *b, const uint8_t *from, size_t size,
		     bool more)
{
	struct netif_rx_request request;
	struct env_copy piece = { .local = b->frame, .bytes = (uint16_t)size };
	struct netif_rx_response r = { .status = (int16_t)size };

	ring_back_take(&b->receives, &request);
	/* The frame may be the one that is just being received. */
	memmove(b->frame, from, size);
	piece.ref = request.gref;
	r.id = request.id;
	r.flags = more ? NETRXF_more_data : 0;
	if (env_copy(b->config.env, b->config.domain, &piece, 1, true) != 0) {
		complain(b, "cannot copy to the granted pages");
		r.status = NETIF_RSP_ERROR;
	}
	ring_back_answer(&b->receives, &r, sizeof(r));
}

bool net_back_send(struct net_back *b, const uint8_t *frame, size_t size)
{
	const uint32_t before = b->receives.rsp_prod;
	const size_t pages = (size + ENV_PAGE_SIZE - 1) / ENV_PAGE_SIZE;

	if (size < NET_FRAME_MIN || size > NET_FRAME_MAX ||
	    pending(b, &b->receives) < pages) {
		return false;
	}
	for (size_t at = 0; at < size; at += ENV_PAGE_SIZE) {
		const size_t left = size - at;

		put_part(b, frame + at,
			 left < ENV_PAGE_SIZE ? left : ENV_PAGE_SIZE,
			 left > ENV_PAGE_SIZE);
	}
	if (ring_back_push(&b->receives, before)) {
		env_notify(b->config.env, b->port);
	}
	return true;
}
