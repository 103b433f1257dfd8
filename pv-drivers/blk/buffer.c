/* SPDX-License-Identifier: MIT */
/* A list of free buffers for each power of two from a page to BUFFER_MAX. */
#include "pv-drivers/blk/buffer.h"

#include <assert.h>
#include <stdlib.h>

#define PAGE    4096u
#define CLASSES 9u

/* What is kept of each size, in bytes. */
#define KEPT (8u * 1024u * 1024u)

_Static_assert(PAGE << (CLASSES - 1) == BUFFER_MAX, "the largest size");

struct free_buffer {
	struct free_buffer *next;
};

static struct free_buffer *free_buffers[CLASSES];
static size_t kept[CLASSES];

static unsigned int class_of(size_t bytes)
{
	unsigned int order = 0;

	assert(bytes <= BUFFER_MAX);
	while ((size_t)PAGE << order < bytes) {
		order++;
	}
	return order;
}

void *buffer_get(size_t bytes)
{
	const unsigned int order = class_of(bytes);
	struct free_buffer *b = free_buffers[order];

	if (b == NULL) {
		return aligned_alloc(PAGE, (size_t)PAGE << order);
	}
	free_buffers[order] = b->next;
	kept[order] -= (size_t)PAGE << order;
	return b;
}

void buffer_put(void *buffer, size_t bytes)
{
	const unsigned int order = class_of(bytes);
	struct free_buffer *b = (struct free_buffer *)buffer;

	if (kept[order] >= KEPT) {
		free(buffer);
		return;
	}
	b->next = free_buffers[order];
	free_buffers[order] = b;
	kept[order] += (size_t)PAGE << order;
}
