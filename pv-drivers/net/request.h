/* SPDX-License-Identifier: MIT */
/*
 * What a front half sends (public header io/netif.h): a packet is in one or
 * more slots, each of which names a part of a page. The first one says how long
 * the whole packet is; extra slots behind it say more about it.
 *
 * Slots are parsed from a copy that the front half cannot reach.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <xen/io/netif.h>

#define NET_PARTS_MAX  18u /* what a front half may count on */
#define NET_EXTRAS_MAX 4u
#define NET_SLOTS_MAX  (NET_PARTS_MAX + NET_EXTRAS_MAX)
#define NET_FRAME_MIN  14u /* an Ethernet header */
#define NET_FRAME_MAX  XEN_NETIF_MAX_TX_SIZE

union net_slot {
	struct netif_tx_request request;
	struct netif_extra_info extra;
};

struct net_part {
	uint32_t ref;
	uint16_t offset;
	uint16_t size; /* stays within the page */
	uint16_t id;
};

struct net_packet {
	uint32_t size;
	unsigned int slots; /* that it takes, extra ones too */
	unsigned int extras;
	unsigned int part_count;
	struct net_part parts[NET_PARTS_MAX];
	bool checksum_blank;
	uint8_t gso_type; /* XEN_NETIF_GSO_TYPE_ */
	uint16_t gso_size;
};

/*
 * Parses the packet that begins at the first of `count` slots. NULL, or what is
 * wrong: then nothing behind it has a meaning either.
 */
const char *net_request_parse(const union net_slot *slots, unsigned int count,
			      struct net_packet *packet);
