/* SPDX-License-Identifier: MIT */
/*
 * Which guests there are and where their consoles are, followed in the store.
 *
 * The store may end and come back; meanwhile the guests known are served as
 * before.
 */
#pragma once

#include <event2/event.h>
#include <xenstore.h>

#include "svcvm/console/guest.h"

struct domain;

struct domains {
	const struct guest_host *host;
	struct xs_handle *xs; /* NULL: not connected */
	struct event *changed, *retry;
	struct domain *first;
	bool told_away; /* the store is, and it was said */
};

/* Connects, now or as soon as the store is there. Returns false if there is no
 * memory. */
bool domains_start(struct domains *domains, const struct guest_host *host);

/* NULL if no guest has this port of ours. */
struct guest *domains_find(const struct domains *domains, evtchn_port_t port);

/* Lets go of all guests and of the store. */
void domains_stop(struct domains *domains);
