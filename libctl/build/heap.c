/* SPDX-License-Identifier: MIT */
/*
 * The decompressors' heap (see the header) where there is a C library.
 */
#include "svcvm/loader/heap.h"

#include <stdlib.h>

void *heap_alloc(size_t size)
{
	return malloc(size);
}

void heap_free(void *block)
{
	free(block);
}
