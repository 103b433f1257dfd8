/* SPDX-License-Identifier: MIT */
/*
 * Page-aligned buffers for data on its way. Freed ones are kept for the next
 * request: fresh pages of the kernel cost more than the copy into them.
 */
#pragma once

#include <stddef.h>

#define BUFFER_MAX (1024u * 1024u)

/* At least `bytes`, which is not above BUFFER_MAX; NULL if memory is out. */
void *buffer_get(size_t bytes);

/* `bytes` as it was asked for. */
void buffer_put(void *buffer, size_t bytes);
