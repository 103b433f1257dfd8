/* SPDX-License-Identifier: MIT */
/*
 * One guest's console: what it prints goes to its log and to its terminal, what
 * is typed at the terminal goes to the guest.
 *
 * The log comes first and gets everything. The terminal may have no reader, or
 * a slow one: then it gets the latest that fits into its buffer. Neither ever
 * makes the guest wait; only the limit for floods does.
 */
#pragma once

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "pv-drivers/con/back.h"
#include "svcvm/console/buffer.h"
#include "svcvm/console/link.h"
#include "svcvm/console/logfile.h"
#include "svcvm/console/pty.h"
#include "svcvm/limit.h"

/* What all guests share. */
struct guest_host {
	struct event_base *loop;
	struct hypervisor hv;
	struct logfile_options logs;
	uint64_t rate; /* bytes a second that one guest may print */
};

struct guest {
	const struct guest_host *host;
	uint32_t domid;
	uint32_t port; /* the guest's; with `gfn` it tells if it has changed */
	uint64_t gfn;
	struct link link;
	struct con_back ring;
	struct pty pty;
	struct logfile log;
	struct limit limit;
	struct buffer unread; /* by the terminal's reader */
	struct event *input;  /* something was typed */
	struct event *output; /* the terminal takes more */
	struct event *pause;  /* a flood's next turn */
	bool told_flood, told_broken;
};

/* Where a guest's console is, from the store. */
struct guest_place {
	uint32_t domid;
	uint32_t port;
	uint64_t gfn;
	const char *name; /* or NULL */
};

/* Returns NULL after telling why. */
struct guest *guest_open(const struct guest_host *host,
			 const struct guest_place *place);

/* Takes what is left in the ring, then lets go of the guest. */
void guest_close(struct guest *guest);

/* The guest's event channel has fired; our port stays masked until this, or
 * what follows from it, has unmasked it. */
void guest_event(struct guest *guest);
