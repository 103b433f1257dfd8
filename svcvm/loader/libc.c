/* SPDX-License-Identifier: MIT */
/*
 * What else the decompression libraries want of a C library.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "svcvm/loader/console.h"
#include "svcvm/loader/heap.h"

void __stack_chk_fail(void);

void *malloc(size_t size)
{
	return heap_alloc(size);
}

void *calloc(size_t count, size_t size)
{
	void *block;

	if (size != 0 && count > SIZE_MAX / size) {
		return NULL;
	}
	block = heap_alloc(count * size);
	if (block != NULL) {
		memset(block, 0, count * size);
	}
	return block;
}

void free(void *block)
{
	heap_free(block);
}

/* A library function found its stack frame overwritten. */
void __stack_chk_fail(void)
{
	console_write("corbel-loader: stack overwritten while unpacking\n");
	console_crash();
}
