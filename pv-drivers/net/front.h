/* SPDX-License-Identifier: MIT */
/*
 * The front half of a paravirtual network card: frames of one page, one slot
 * each. It offers nothing that would bring longer ones.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/netif.h>

#include "pv-drivers/ring/ring.h"

#define NET_FRONT_BUFFERS 32u /* in each direction */

struct env;

typedef void net_front_receive(void *context, const uint8_t *frame,
			       size_t size);

struct net_front_buffer {
	uint8_t *page;
	uint32_t ref;
	bool is_open; /* the back half has it */
};

struct net_front {
	struct env *env;
	struct ring_front sends;
	struct ring_front receives;
	uint32_t send_ref;    /* for tx-ring-ref */
	uint32_t receive_ref; /* for rx-ring-ref */
	uint32_t port;        /* for event-channel */
	bool is_broken;       /* the back half broke the rings' rules */
	bool is_skipping;     /* the rest of a frame of several slots */
	struct net_front_buffer outgoing[NET_FRONT_BUFFERS];
	struct net_front_buffer incoming[NET_FRONT_BUFFERS];
	net_front_receive *receive; /* called by net_front_poll() */
	void *context;
};

/* Makes both rings and all buffers for `domain`. 0 or an error. */
int net_front_init(struct net_front *front, struct env *env, uint16_t domain,
		   net_front_receive *receive, void *context);

/* Copies the frame and sends it: -EAGAIN if there is no room now, -E2BIG if it
 * is longer than a page. The caller has put in all checksums. */
int net_front_send(struct net_front *front, const uint8_t *frame, size_t size);

/* Hands out frames that have come, and takes back buffers. */
void net_front_poll(struct net_front *front);
