/* SPDX-License-Identifier: MIT */
/*
 * A bounded queue of bytes that never refuses any: it forgets the oldest.
 */
#pragma once

#include <stddef.h>

#define BUFFER_SIZE ((size_t)64 << 10)

/* All zeroes is an empty one. */
struct buffer {
	size_t start;
	size_t size;
	char bytes[BUFFER_SIZE];
};

void buffer_add(struct buffer *buffer, const char *from, size_t size);

/* The oldest bytes that lie in one piece, and how many; 0 if it is empty. */
const char *buffer_front(const struct buffer *buffer, size_t *size);

/* Takes away the oldest `size` bytes, at most what buffer_front() said. */
void buffer_drop(struct buffer *buffer, size_t size);
