/* SPDX-License-Identifier: MIT */
#include "toolstack/gdb/packet.h"

#include <string.h>

#define INTERRUPT_BYTE 0x03
#define ESCAPE_XOR     0x20

static const char digits[] = "0123456789abcdef";

int packet_digit(char c)
{
	const char *at;

	if (c >= 'A' && c <= 'F') {
		c = (char)(c - 'A' + 'a');
	}
	at = c != '\0' ? strchr(digits, c) : NULL;
	return at != NULL ? (int)(at - digits) : -1;
}

void packet_to_hex(char *out, const void *bytes, size_t count)
{
	const uint8_t *const from = bytes;

	for (size_t i = 0; i < count; i++) {
		*out++ = digits[from[i] >> 4];
		*out++ = digits[from[i] & 15];
	}
	*out = '\0';
}

bool packet_from_hex(void *bytes, const char *text, size_t count)
{
	uint8_t *const to = bytes;

	for (size_t i = 0; i < count; i++) {
		const int high = packet_digit(text[2 * i]);
		const int low = high >= 0 ? packet_digit(text[2 * i + 1]) : -1;

		if (low < 0) {
			return false;
		}
		to[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool packet_number(const char **text, uint64_t *value)
{
	const char *const begin = *text;
	int digit;

	*value = 0;
	while ((digit = packet_digit(**text)) >= 0) {
		if (*value >> 60 != 0) {
			return false;
		}
		*value = *value << 4 | (uint64_t)digit;
		(*text)++;
	}
	return *text != begin;
}

static enum packet_result outside(struct packet *p, uint8_t byte)
{
	switch (byte) {
	case '$':
		p->state = PACKET_DATA;
		p->size = 0;
		p->too_long = false;
		p->sum = 0;
		return PACKET_PART;
	case INTERRUPT_BYTE:
		return PACKET_INTERRUPT;
	case '-':
		return PACKET_REFUSED;
	default:
		return PACKET_PART;
	}
}

static void keep(struct packet *p, uint8_t byte)
{
	if (p->size == PACKET_MAX) {
		p->too_long = true;
		return;
	}
	p->data[p->size++] = (char)byte;
}

static void in_data(struct packet *p, uint8_t byte)
{
	if (byte == '#') {
		p->state = PACKET_SUM_1;
		return;
	}
	p->sum = (uint8_t)(p->sum + byte);
	if (byte == '}') {
		p->state = PACKET_ESCAPE;
		return;
	}
	keep(p, byte);
}

static enum packet_result end(struct packet *p)
{
	p->state = PACKET_OUTSIDE;
	p->data[p->size] = '\0';
	return p->too_long || p->bad_sum || p->said != p->sum ? PACKET_BROKEN
							      : PACKET_WHOLE;
}

enum packet_result packet_take(struct packet *p, uint8_t byte)
{
	const int digit = packet_digit((char)byte);

	switch (p->state) {
	case PACKET_OUTSIDE:
		return outside(p, byte);
	case PACKET_DATA:
		in_data(p, byte);
		return PACKET_PART;
	case PACKET_ESCAPE:
		p->sum = (uint8_t)(p->sum + byte);
		keep(p, byte ^ ESCAPE_XOR);
		p->state = PACKET_DATA;
		return PACKET_PART;
	case PACKET_SUM_1:
		p->bad_sum = digit < 0;
		p->said = p->bad_sum ? 0 : (uint8_t)(digit << 4);
		p->state = PACKET_SUM_2;
		return PACKET_PART;
	case PACKET_SUM_2:
		p->said |= (uint8_t)digit;
		p->bad_sum = p->bad_sum || digit < 0;
		return end(p);
	}
	return PACKET_PART;
}

size_t packet_write(char out[PACKET_SENT_MAX], const char *data, size_t size)
{
	char *to = out;
	uint8_t sum = 0;

	*to++ = '$';
	for (size_t i = 0; i < size; i++) {
		char c = data[i];

		if (c == '$' || c == '#' || c == '}' || c == '*') {
			*to++ = '}';
			sum = (uint8_t)(sum + '}');
			c = (char)(c ^ ESCAPE_XOR);
		}
		*to++ = c;
		sum = (uint8_t)(sum + (uint8_t)c);
	}
	*to++ = '#';
	*to++ = digits[sum >> 4];
	*to++ = digits[sum & 15];
	return (size_t)(to - out);
}
