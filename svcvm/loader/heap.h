/* SPDX-License-Identifier: MIT */
/*
 * Memory for the decompressors: one area, given out from its start.
 *
 * A block that is freed comes back only if it was the last one given out;
 * one kernel is unpacked and then the whole area is forgotten.
 */
#pragma once

#include <stddef.h>

/* Makes `size` bytes at `area` the heap. Forgets all earlier blocks. */
void heap_set_area(void *area, size_t size);

/* Returns `size` bytes aligned to 16, not cleared, or NULL if they are not
 * there. */
void *heap_alloc(size_t size);

/* Frees a block, or nothing for NULL. */
void heap_free(void *block);
