/* SPDX-License-Identifier: MIT */
/*
 * The back half of a paravirtual network card: one pair of rings. It copies
 * frames, and does not map the guest's data.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pv-drivers/net/request.h"
#include "pv-drivers/ring/ring.h"

struct env;

struct net_back_config {
	struct env *env;
	uint16_t domain;
	/* The guest sent a frame; `packet` says what is to be done with it. It
	 * has no more bytes than its parts, whose content may be anything. */
	void (*receive)(void *context, const uint8_t *frame,
			const struct net_packet *packet);
	/* Says once what the front half did wrong. */
	void (*complain)(void *context, const char *what);
	void *context;
};

struct net_back {
	struct net_back_config config;
	struct ring_back sends;    /* of the guest */
	struct ring_back receives; /* of the guest */
	uint32_t port;
	bool is_broken; /* the front half broke the rings' rules: all stands */
	bool has_complained;
	uint8_t frame[NET_FRAME_MAX];
};

/* Attaches to the rings that the front half describes. 0 or an error. */
int net_back_open(struct net_back *back, const struct net_back_config *config,
		  uint32_t send_ref, uint32_t receive_ref, uint32_t port);
void net_back_close(struct net_back *back);

/* Takes some of what the guest sends. True if there may be more. */
bool net_back_run(struct net_back *back);

/* Brings the guest a frame; false if it has no room, and the frame is lost. */
bool net_back_send(struct net_back *back, const uint8_t *frame, size_t size);
