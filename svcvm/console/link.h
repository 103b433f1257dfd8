/* SPDX-License-Identifier: MIT */
/*
 * The way to a guest: its console ring's page in our memory, and the event
 * channel that says when to look at it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>

struct hypervisor {
	xenevtchn_handle *events; /* one for all guests; does not block */
	xengnttab_handle *grants;
	xenforeignmemory_handle *memory;
};

struct link {
	void *page;
	bool is_granted; /* else the page is mapped by its frame number */
	evtchn_port_t port;
};

/* Opens the hypervisor's devices; returns false after telling which one is not
 * there. */
bool link_open_hypervisor(struct hypervisor *hv);

/* `port` and `gfn` are the guest's, from the store. Returns false after telling
 * why, and then nothing is left open. */
bool link_open(struct link *link, const struct hypervisor *hv, uint32_t domid,
	       uint32_t port, uint64_t gfn);

void link_close(struct link *link, const struct hypervisor *hv);
