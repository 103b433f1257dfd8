/* SPDX-License-Identifier: MIT */
/*
 * Talking to a store in the same process. Payloads are written with a '|' for
 * each NUL: "/a|value" writes, "/a|" reads.
 */
#pragma once

#include "svcvm/store/store.h"

#include <xen/io/xs_wire.h>

/* The ring pages of domains 0 to 7, and what the hypervisor would say. */
#define TALK_DOMAINS 8
extern struct xenstore_domain_interface talk_pages[TALK_DOMAINS];
extern enum domain_state talk_states[TALK_DOMAINS];
extern unsigned int talk_notified[TALK_DOMAINS];
extern bool talk_mapped[TALK_DOMAINS];
extern unsigned int talk_listens[TALK_DOMAINS];
extern uint64_t talk_now; /* ns */
extern const struct domain_ops talk_ops;

/* A message, header and payload, as text: "!" before an error's name, that mark
 * before an event. Valid until the next call. */
const char *talk_unpack(const char *bytes, const char *event_mark);

/* A client that is a socket, but for any domain; added to the store. */
void talk_client(struct store *s, struct client *c, uint16_t domid);

/* One request of it; the reply's payload, or "!" and the error's name. Valid
 * until the next call. */
const char *talk(struct store *s, struct client *c, uint32_t type,
		 uint32_t tx_id, const char *payload);

/* The next event in the client's queue, "" if there is none. */
const char *talk_event(struct client *c);

/* Puts a request on a domain's ring, as far as there is room; returns how many
 * bytes that were. `from` of them are there already. */
size_t talk_ring_put(uint16_t domid, uint32_t type, uint32_t tx_id,
		     const char *payload, size_t from);

/* Takes the next whole message off a domain's ring; as talk(), "" if there is
 * none. Events begin with "@". */
const char *talk_ring_get(uint16_t domid);

/* Both, with the daemon's work between them. */
const char *talk_ring(struct store *s, uint16_t domid, uint32_t type,
		      uint32_t tx_id, const char *payload);
