/* SPDX-License-Identifier: MIT */
/*
 * Our end of a guest's console ring (xen/io/console.h).
 *
 * The guest can write to the whole page at any time. So the two indices that
 * are ours are kept here, where it cannot reach them, and only shown to it; of
 * its own two, each call reads one once and checks it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/io/console.h>

#define RING_OUTPUT_SIZE sizeof(((struct xencons_interface *)NULL)->out)
#define RING_INPUT_SIZE  sizeof(((struct xencons_interface *)NULL)->in)

struct ring {
	struct xencons_interface *page;
	uint32_t out_cons;
	uint32_t in_prod;
};

/* Goes on where the page says that our end was: whoever served the ring before
 * may have ended at any moment. */
void ring_open(struct ring *ring, struct xencons_interface *page);

/*
 * Copies what the guest has written, at most `size` bytes, and returns how much
 * that was. It stays in the ring until ring_consume(). Where the guest's index
 * is impossible, sets `*broken` and drops what is in the ring.
 */
size_t ring_peek(struct ring *ring, char *to, size_t size, bool *broken);

/* Gives `size` bytes of what ring_peek() found back to the guest. */
void ring_consume(struct ring *ring, size_t size);

/* Room for input, in bytes. Sets `*broken` as above, and then drops what the
 * guest has not read. */
size_t ring_space(struct ring *ring, bool *broken);

/* Hands input to the guest; `size` is at most what ring_space() said. */
void ring_put(struct ring *ring, const char *from, size_t size);
