/* SPDX-License-Identifier: MIT */
/*
 * One end of a stream of bytes in memory that two domains share. The console
 * and the store have one such stream in each direction.
 *
 * The other side can write to all of it at any time. So our own index is kept
 * here and only shown to it; of its index, each call reads one copy and checks
 * that.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct byte_ring {
	char *data;
	uint32_t size;          /* bytes, a power of two */
	uint32_t *ours;         /* shared: our index as we show it */
	const uint32_t *theirs; /* shared */
	uint32_t at;            /* our index: runs freely, wraps at 2^32 */
};

/* Goes on where the memory says that our end was: whoever had this end before
 * may have gone at any moment. */
void byte_ring_open(struct byte_ring *ring, char *data, uint32_t size,
		    uint32_t *ours, const uint32_t *theirs);

/* Bytes to read, for the reading end; -EIO if the other's index cannot be. */
int byte_ring_waiting(const struct byte_ring *ring);
/* Bytes that can be written, for the writing end; -EIO likewise. */
int byte_ring_room(const struct byte_ring *ring);

/* Copies what is next to read; it stays until byte_ring_consume(). */
void byte_ring_peek(const struct byte_ring *ring, void *to, size_t size);
void byte_ring_consume(struct byte_ring *ring, size_t size);

/* Writes; the other side sees it at once. */
void byte_ring_put(struct byte_ring *ring, const void *from, size_t size);

/* Goes to where the other side says that it is: nothing is in the ring. */
void byte_ring_drop(struct byte_ring *ring);
