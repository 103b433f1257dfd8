/* SPDX-License-Identifier: MIT */
/* Check sums of firmware tables. */
#include "lib/checksum.h"

uint8_t checksum_bytes(const void *p, size_t len)
{
	const uint8_t *bytes = p;
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++) {
		sum = (uint8_t)(sum + bytes[i]);
	}
	return sum;
}
