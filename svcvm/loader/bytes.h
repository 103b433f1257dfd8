/* SPDX-License-Identifier: MIT */
/*
 * Bytes from outside, read only after a check against their end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *data;
	uint64_t size;
};

/* Says whether `size` bytes at `offset` lie inside. */
static inline bool bytes_hold(const struct bytes *b, uint64_t offset,
			      uint64_t size)
{
	return offset <= b->size && size <= b->size - offset;
}

/* Copies `size` bytes at `offset` to `out`; false if they are not there. */
static inline bool bytes_read(const struct bytes *b, uint64_t offset, void *out,
			      size_t size)
{
	if (!bytes_hold(b, offset, size)) {
		return false;
	}
	memcpy(out, b->data + offset, size);
	return true;
}
