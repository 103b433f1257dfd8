/* SPDX-License-Identifier: MIT */
/*
 * Memory, and bytes that grow.
 *
 * Nothing here returns a failure. What guests can make the daemon allocate is
 * bounded by quotas, so running out of memory is a fault of the machine: the
 * daemon says so and ends, and goes on from its journal when started again.
 */
#pragma once

#include <stddef.h>

struct buf {
	char *data; /* NULL when empty */
	size_t len;
	size_t room;
};

/* Zeroed. free() gives it back. */
void *mem_alloc(size_t size);
void *mem_resize(void *old, size_t size);
char *mem_string(const char *text);

void buf_add(struct buf *b, const void *data, size_t len);

/* With its NUL. */
void buf_add_string(struct buf *b, const char *text);

/* Formatted text without a NUL. */
void buf_print(struct buf *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Takes away the first `len` bytes. */
void buf_drop(struct buf *b, size_t len);

/* Empties it and gives back its memory. */
void buf_free(struct buf *b);
