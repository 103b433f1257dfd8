/* SPDX-License-Identifier: MIT */
/* Instruction bytes written as text. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* On the heap, so that reading past the room for one is noticed. */
static inline uint8_t *hex_bytes(const char *hex, size_t *count)
{
	uint8_t *bytes;

	*count = strlen(hex) / 2;
	bytes = malloc(*count < 16 ? 16 : *count);
	memset(bytes, 0x90, 16);
	for (size_t i = 0; i < *count; i++) {
		unsigned int byte = 0;

		sscanf(hex + 2 * i, "%2x", &byte);
		bytes[i] = (uint8_t)byte;
	}
	return bytes;
}
