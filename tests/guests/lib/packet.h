/* SPDX-License-Identifier: MIT */
/* Ethernet frames with ARP and ICMP echo in them, as far as two hosts need. */
#pragma once

#include "lib/abi.h"

#define PACKET_MAX      1514u
#define PACKET_ECHO_MAX 1472u /* bytes of an echo's data */

enum packet_kind {
	PACKET_OTHER,
	PACKET_ARP_REQUEST, /* for our address */
	PACKET_ARP_REPLY,
	PACKET_ECHO_REQUEST,
	PACKET_ECHO_REPLY,
};

/* Both ends; addresses as numbers, 0x0a000202 is 10.0.2.2. */
struct packet_ends {
	uint8_t mac[6], peer_mac[6];
	uint32_t ip, peer;
};

/* Each writes a frame and returns its length. */
size_t packet_arp_request(uint8_t *frame, const struct packet_ends *ends);
size_t packet_echo_request(uint8_t *frame, const struct packet_ends *ends,
			   uint16_t number, size_t size);

/* Byte `at` of what packet_echo_request() puts into echo `number`. */
uint8_t packet_echo_byte(uint16_t number, size_t at);

/* What came from the peer for us; checks lengths and checksums. */
enum packet_kind packet_look(const uint8_t *frame, size_t size,
			     const struct packet_ends *ends);

/* Where an ARP reply came from. */
void packet_learn(const uint8_t *frame, struct packet_ends *ends);

/* The number of an echo reply; false if its data is not what was sent. */
bool packet_echo_is_right(const uint8_t *frame, uint16_t *number, size_t *size);

/* Makes an answer of a request for us, in its place; its length. */
size_t packet_answer(uint8_t *frame, size_t size,
		     const struct packet_ends *ends);
