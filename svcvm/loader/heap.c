/* SPDX-License-Identifier: MIT */
#include "svcvm/loader/heap.h"

#include <stdint.h>

#define HEAP_ALIGN ((size_t)16)

static uint8_t *next; /* the first free byte */
static uint8_t *end;
static uint8_t *last; /* the block given out last, NULL if it is freed */

void heap_set_area(void *area, size_t size)
{
	const size_t skew = -(uintptr_t)area & (HEAP_ALIGN - 1);

	next = (uint8_t *)area + (skew <= size ? skew : size);
	end = (uint8_t *)area + size;
	last = NULL;
}

void *heap_alloc(size_t size)
{
	const size_t room = (size_t)(end - next) & ~(HEAP_ALIGN - 1);

	if (size > room) {
		return NULL;
	}
	last = next;
	next += (size + HEAP_ALIGN - 1) & ~(HEAP_ALIGN - 1);
	return last;
}

void heap_free(void *block)
{
	if (block != NULL && block == last) {
		next = last;
		last = NULL;
	}
}
