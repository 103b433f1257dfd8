/* SPDX-License-Identifier: MIT */
/*
 * The store over the ring that a guest shares with the store daemon
 * (xen/io/xs_wire.h). One request at a time; each waits for its answer.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

#include "pv-drivers/ring/byte_ring.h"
#include "pv-drivers/xenbus/store.h"

#define STORE_RING_WATCHES 8u

struct env;

/*
 * Of the events of a watch that nobody has taken the last one is kept: whoever
 * watches looks at the store itself to see what it has become.
 */
struct store_ring_watch {
	char token[STORE_PATH_MAX]; /* empty: free */
	char path[STORE_PATH_MAX];  /* of the last event */
	bool is_pending;
};

/* A store.h store. */
struct store {
	struct env *env;
	uint32_t port;
	struct byte_ring requests;
	struct byte_ring replies;
	uint32_t request;
	uint32_t transaction; /* 0: none */
	bool is_broken;       /* the daemon broke the ring's rules */
	uint32_t size;        /* of the last message */
	char payload[XENSTORE_PAYLOAD_MAX + 1];
	struct store_ring_watch watches[STORE_RING_WATCHES];
};

/* `page` and `port` are those that the toolstack made. 0 or an error. */
int store_ring_open(struct store *store, struct env *env,
		    struct xenstore_domain_interface *page, uint32_t port);
