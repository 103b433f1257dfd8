/* SPDX-License-Identifier: MIT */
/*
 * A guest that breaks the rules of its network cards. The kernel's back end
 * gives up a card whose front half it caught, for good: so each card gets what
 * is only refused first, and then one thing that ends it.
 */
#include "lib/clock.h"
#include "lib/cpu.h"
#include "lib/pv.h"
#include "lib/test.h"
#include "pv-drivers/env/env.h"
#include "pv-drivers/net/front_device.h"
#include "pv-drivers/net/request.h"

#define SHORT    (100 * MILLISECOND)
#define NO_GRANT 1999u
#define NO_ENTRY 0x7fffffffu
#define NOTIFIES 20000u
#define FRAMES   500u

static struct net_front_device card;

static void drop(void *context, const uint8_t *frame, size_t size)
{
	(void)context;
	(void)frame;
	(void)size;
}

static void let_it_look(void)
{
	env_notify(pv_env, card.front.port);
	pv_rest(SHORT);
}

static void put(struct netif_tx_request r)
{
	if (ring_front_free(&card.front.sends) > 0) {
		ring_front_put(&card.front.sends, &r, sizeof(r));
	}
}

static void push(void)
{
	ring_front_push(&card.front.sends);
	let_it_look();
	/* What is answered is of no use to us. */
	card.front.sends.rsp_cons = card.front.sends.ring.shared->rsp_prod;
}

static struct netif_tx_request good_request(void)
{
	return (struct netif_tx_request){
		.gref = card.front.outgoing[0].ref,
		.size = 60,
	};
}

/* ---- what is refused ---- */

static void bad_references(void)
{
	static const uint32_t refs[] = { 0, 1, NO_GRANT, NO_ENTRY, UINT32_MAX };

	for (unsigned i = 0; i < ARRAY_SIZE(refs); i++) {
		struct netif_tx_request r = good_request();

		r.gref = refs[i];
		put(r);
	}
	push();
}

/* Frames for no address that anybody has, as fast as they go. */
static void flood(void)
{
	for (unsigned i = 0; i < FRAMES; i++) {
		struct netif_tx_request r = good_request();

		put(r);
		if (i % 64 == 63) {
			push();
		}
	}
	push();
}

/* Pages to receive into that are not there, or go while they are used. */
static void bad_receive_pages(void)
{
	struct ring_front *ring = &card.front.receives;

	for (uint16_t i = 0; i < 64 && ring_front_free(ring) > 0; i++) {
		const struct netif_rx_request r = {
			.id = i,
			.gref = i % 2 == 0 ? NO_GRANT : NO_ENTRY - i,
		};

		ring_front_put(ring, &r, sizeof(r));
	}
	for (unsigned i = 0; i < NET_FRONT_BUFFERS; i++) {
		env_revoke(pv_env, card.front.incoming[i].ref);
	}
	ring_front_push(ring);
	let_it_look();
}

static void events(void)
{
	for (unsigned i = 0; i < NOTIFIES; i++) {
		env_notify(pv_env, card.front.port);
	}
}

/* ---- what ends a card ---- */

static void parts_without_end(void)
{
	struct netif_tx_request r = good_request();

	r.flags = NETTXF_more_data;
	for (unsigned i = 0; i < 200; i++) {
		put(r);
	}
	push();
}

static void outside_of_the_page(void)
{
	struct netif_tx_request r = good_request();

	r.offset = 4090;
	r.size = UINT16_MAX;
	put(r);
	push();
}

static void bad_extras(void)
{
	struct netif_tx_request r = good_request();
	union net_slot slot = {
		.extra = { .type = 77, .flags = XEN_NETIF_EXTRA_FLAG_MORE },
	};

	r.flags = NETTXF_extra_info;
	put(r);
	put(slot.request);
	put(slot.request);
	push();
}

static void bad_indices(void)
{
	struct ring_sring *sends = card.front.sends.ring.shared;
	struct ring_sring *receives = card.front.receives.ring.shared;

	receives->req_prod = receives->rsp_prod + 0x80000000u;
	receives->rsp_event = 7;
	sends->rsp_prod = 12345;
	sends->req_prod = sends->req_prod + 5000;
	let_it_look();
}

static const struct {
	const char *name;
	void (*run)(void);
} endings[] = {
	{ "parts without end", parts_without_end },
	{ "outside of the page", outside_of_the_page },
	{ "bad extras", bad_extras },
	{ "bad indices", bad_indices },
};

static unsigned cards;

static void attack(const char *folder)
{
	const unsigned ending = cards++ % ARRAY_SIZE(endings);
	int rc = net_front_device_open(&card, pv_env, pv_store, folder, drop,
				       NULL);

	if (!expect(rc == 0 && pv_settle(&card.bus, xenbus_front_is_up),
		    "the card's halves connect", "%s: %d, state %d", folder, rc,
		    card.bus.state)) {
		return;
	}
	bad_references();
	flood();
	events();
	bad_receive_pages();
	expect(xenbus_front_is_up(&card.bus), "what is only refused",
	       "%s: no card any more", folder);
	endings[ending].run();
	expect(xenbus_front_close(&card.bus) == 0 &&
		       pv_settle(&card.bus, xenbus_front_is_closed),
	       endings[ending].name, "%s: cannot be closed, state %d", folder,
	       card.bus.state);
	xenbus_front_forget(&card.bus);
}

void guest_main(void)
{
	pv_start();
	expect(pv_each("vif", attack) > 0, "has cards", "none");
}
