/* SPDX-License-Identifier: MIT */
/* Ethernet frames with ARP (RFC 826) and ICMP echo (RFC 792) in them. */
#include "lib/packet.h"

#include "lib/text.h"

#define ETHER_TYPE 12u
#define ETHER_SIZE 14u
#define TYPE_IP    0x0800u
#define TYPE_ARP   0x0806u

/* ARP, from the start of the frame. */
#define ARP_OPERATION (ETHER_SIZE + 6)
#define ARP_SENDER    (ETHER_SIZE + 8)  /* MAC, then address */
#define ARP_TARGET    (ETHER_SIZE + 18) /* likewise */
#define ARP_END       (ETHER_SIZE + 28)

/* IP without options, and ICMP. */
#define IP_LENGTH    (ETHER_SIZE + 2)
#define IP_PROTOCOL  (ETHER_SIZE + 9)
#define IP_CHECKSUM  (ETHER_SIZE + 10)
#define IP_SOURCE    (ETHER_SIZE + 12)
#define IP_TARGET    (ETHER_SIZE + 16)
#define IP_SIZE      20u
#define ICMP         (ETHER_SIZE + IP_SIZE)
#define ICMP_NUMBER  (ICMP + 6)
#define ICMP_DATA    (ICMP + 8)

#define ECHO_REPLY   0u
#define ECHO_REQUEST 8u

static void put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void put32(uint8_t *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to + 2, value);
}

static uint32_t get16(const uint8_t *from)
{
	return (uint32_t)from[0] << 8 | from[1];
}

static uint32_t get32(const uint8_t *from)
{
	return get16(from) << 16 | get16(from + 2);
}

/* 0 over bytes that hold their own checksum. */
static uint32_t checksum(const uint8_t *bytes, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i++) {
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	}
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static void put_ether(uint8_t *frame, const struct packet_ends *ends,
		      uint32_t type)
{
	memcpy(frame, ends->peer_mac, 6);
	memcpy(frame + 6, ends->mac, 6);
	put16(frame + ETHER_TYPE, type);
}

static size_t put_arp(uint8_t *frame, const struct packet_ends *ends,
		      uint32_t operation)
{
	/* Ethernet and IP, with addresses of 6 and 4 bytes. */
	static const uint8_t kinds[] = { 0, 1, 8, 0, 6, 4 };

	put_ether(frame, ends, TYPE_ARP);
	memcpy(frame + ETHER_SIZE, kinds, sizeof(kinds));
	put16(frame + ARP_OPERATION, operation);
	memcpy(frame + ARP_SENDER, ends->mac, 6);
	put32(frame + ARP_SENDER + 6, ends->ip);
	memcpy(frame + ARP_TARGET, ends->peer_mac, 6);
	put32(frame + ARP_TARGET + 6, ends->peer);
	return ARP_END;
}

size_t packet_arp_request(uint8_t *frame, const struct packet_ends *ends)
{
	struct packet_ends all = *ends;

	memset(all.peer_mac, 0xff, 6);
	return put_arp(frame, &all, 1);
}

uint8_t packet_echo_byte(uint16_t number, size_t at)
{
	return (uint8_t)(number * 17 + at + (at >> 8));
}

static void put_icmp(uint8_t *frame, uint8_t type, size_t size)
{
	frame[ICMP] = type;
	put16(frame + ICMP + 2, 0);
	put16(frame + ICMP + 2, checksum(frame + ICMP, size - ICMP));
}

size_t packet_echo_request(uint8_t *frame, const struct packet_ends *ends,
			   uint16_t number, size_t size)
{
	size_t whole = ICMP_DATA + size;

	memset(frame, 0, ICMP_DATA);
	put_ether(frame, ends, TYPE_IP);
	frame[ETHER_SIZE] = 0x45; /* version 4, five words */
	put16(frame + IP_LENGTH, (uint32_t)(whole - ETHER_SIZE));
	frame[ETHER_SIZE + 8] = 64; /* hops */
	frame[IP_PROTOCOL] = 1;
	put32(frame + IP_SOURCE, ends->ip);
	put32(frame + IP_TARGET, ends->peer);
	put16(frame + IP_CHECKSUM, checksum(frame + ETHER_SIZE, IP_SIZE));
	put16(frame + ICMP_NUMBER, number);
	for (size_t i = 0; i < size; i++) {
		frame[ICMP_DATA + i] = packet_echo_byte(number, i);
	}
	put_icmp(frame, ECHO_REQUEST, whole);
	return whole;
}

static enum packet_kind look_arp(const uint8_t *frame, size_t size,
				 const struct packet_ends *ends)
{
	if (size < ARP_END || get32(frame + ARP_TARGET + 6) != ends->ip ||
	    get32(frame + ARP_SENDER + 6) != ends->peer) {
		return PACKET_OTHER;
	}
	switch (get16(frame + ARP_OPERATION)) {
	case 1:
		return PACKET_ARP_REQUEST;
	case 2:
		return PACKET_ARP_REPLY;
	default:
		return PACKET_OTHER;
	}
}

/* The length by the IP header: a frame may have been filled up. */
static size_t ip_end(const uint8_t *frame)
{
	return ETHER_SIZE + get16(frame + IP_LENGTH);
}

static enum packet_kind look_ip(const uint8_t *frame, size_t size,
				const struct packet_ends *ends)
{
	if (size < ICMP_DATA || frame[ETHER_SIZE] != 0x45 ||
	    frame[IP_PROTOCOL] != 1 || ip_end(frame) > size ||
	    ip_end(frame) < ICMP_DATA ||
	    get32(frame + IP_SOURCE) != ends->peer ||
	    get32(frame + IP_TARGET) != ends->ip ||
	    checksum(frame + ETHER_SIZE, IP_SIZE) != 0 ||
	    checksum(frame + ICMP, ip_end(frame) - ICMP) != 0) {
		return PACKET_OTHER;
	}
	switch (frame[ICMP]) {
	case ECHO_REQUEST:
		return PACKET_ECHO_REQUEST;
	case ECHO_REPLY:
		return PACKET_ECHO_REPLY;
	default:
		return PACKET_OTHER;
	}
}

enum packet_kind packet_look(const uint8_t *frame, size_t size,
			     const struct packet_ends *ends)
{
	switch (size < ETHER_SIZE ? 0 : get16(frame + ETHER_TYPE)) {
	case TYPE_ARP:
		return look_arp(frame, size, ends);
	case TYPE_IP:
		return look_ip(frame, size, ends);
	default:
		return PACKET_OTHER;
	}
}

void packet_learn(const uint8_t *frame, struct packet_ends *ends)
{
	memcpy(ends->peer_mac, frame + ARP_SENDER, 6);
}

bool packet_echo_is_right(const uint8_t *frame, uint16_t *number, size_t *size)
{
	*number = (uint16_t)get16(frame + ICMP_NUMBER);
	*size = ip_end(frame) - ICMP_DATA;
	for (size_t i = 0; i < *size; i++) {
		if (frame[ICMP_DATA + i] != packet_echo_byte(*number, i)) {
			return false;
		}
	}
	return true;
}

size_t packet_answer(uint8_t *frame, size_t size,
		     const struct packet_ends *ends)
{
	struct packet_ends back = *ends;

	memcpy(back.peer_mac, frame + 6, 6);
	if (get16(frame + ETHER_TYPE) == TYPE_ARP) {
		return put_arp(frame, &back, 2);
	}
	put_ether(frame, &back, TYPE_IP);
	/* The IP header's sum stays: the two addresses change places. */
	put32(frame + IP_SOURCE, ends->ip);
	put32(frame + IP_TARGET, ends->peer);
	put_icmp(frame, ECHO_REPLY, ip_end(frame));
	return size;
}
