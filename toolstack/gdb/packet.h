/* SPDX-License-Identifier: MIT */
/*
 * Packets of gdb's remote protocol: "$data#checksum", data with escapes, and the
 * one byte that interrupts. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_MAX      16384 /* bytes of data, escapes included */
#define PACKET_SENT_MAX (2 * PACKET_MAX + 4)

enum packet_result {
	PACKET_PART,      /* nothing complete yet */
	PACKET_WHOLE,     /* data[0..size) has it, with a NUL behind */
	PACKET_BROKEN,    /* wrong checksum, or too long */
	PACKET_INTERRUPT, /* Ctrl-C */
	PACKET_REFUSED,   /* the other side did not understand the last one */
};

struct packet {
	enum packet_state {
		PACKET_OUTSIDE,
		PACKET_DATA,
		PACKET_ESCAPE,
		PACKET_SUM_1,
		PACKET_SUM_2,
	} state;

	size_t size;
	bool too_long;
	uint8_t sum, said; /* computed, and as the packet has it */
	bool bad_sum;      /* not even digits */
	char data[PACKET_MAX + 1];
};

/* Takes the next byte. */
enum packet_result packet_take(struct packet *p, uint8_t byte);
/* Writes `size` bytes of data, PACKET_MAX at most, as a packet. Returns its size. */
size_t packet_write(char out[PACKET_SENT_MAX], const char *data, size_t size);

/* -1: no digit. */
int packet_digit(char c);
/* Two digits for each byte, with a NUL behind. */
void packet_to_hex(char *out, const void *bytes, size_t count);
/* False unless `text` begins with 2 * `count` digits. */
bool packet_from_hex(void *bytes, const char *text, size_t count);
/* A number in hexadecimal, most significant digit first; moves `*text` behind it.
 * False without a digit, or if it does not fit. */
bool packet_number(const char **text, uint64_t *value);
