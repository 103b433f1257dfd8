/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "libctl/xlcfg/xlcfg.h"

struct arena_block {
	struct arena_block *before;
	max_align_t data[];
};

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *const block = calloc(1, sizeof(*block) + size);

	if (block == NULL) {
		return NULL;
	}
	block->before = a->last;
	a->last = block;
	return block->data;
}

char *arena_text(struct arena *a, const char *text, size_t length)
{
	char *const copy = arena_alloc(a, length + 1);

	if (copy != NULL) {
		memcpy(copy, text, length);
	}
	return copy;
}

void arena_free(struct arena *a)
{
	while (a->last != NULL) {
		struct arena_block *const block = a->last;

		a->last = block->before;
		free(block);
	}
}
