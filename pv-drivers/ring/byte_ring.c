/* SPDX-License-Identifier: MIT */
#include "pv-drivers/ring/byte_ring.h"

#include <errno.h>
#include <string.h>

/* Pairs with the other side's barrier between its bytes and its index. */
static uint32_t load(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

/* The bytes are there before the index; and the index is there before we look
 * at the other one again, which decides about events. */
static void move_to(struct byte_ring *r, uint32_t at)
{
	r->at = at;
	__atomic_store_n(r->ours, at, __ATOMIC_SEQ_CST);
}

void byte_ring_open(struct byte_ring *r, char *data, uint32_t size,
		    uint32_t *ours, const uint32_t *theirs)
{
	r->data = data;
	r->size = size;
	r->ours = ours;
	r->theirs = theirs;
	r->at = load(ours);
}

int byte_ring_waiting(const struct byte_ring *r)
{
	const uint32_t waiting = load(r->theirs) - r->at;

	return waiting > r->size ? -EIO : (int)waiting;
}

int byte_ring_room(const struct byte_ring *r)
{
	const uint32_t unread = r->at - load(r->theirs);

	return unread > r->size ? -EIO : (int)(r->size - unread);
}

/* How much of `size` comes before the end of the memory. */
static size_t before_end(const struct byte_ring *r, size_t size)
{
	const size_t left = r->size - (r->at & (r->size - 1));

	return size < left ? size : left;
}

void byte_ring_peek(const struct byte_ring *r, void *to, size_t size)
{
	const size_t first = before_end(r, size);

	memcpy(to, r->data + (r->at & (r->size - 1)), first);
	memcpy((char *)to + first, r->data, size - first);
}

void byte_ring_consume(struct byte_ring *r, size_t size)
{
	move_to(r, r->at + (uint32_t)size);
}

void byte_ring_put(struct byte_ring *r, const void *from, size_t size)
{
	const size_t first = before_end(r, size);

	memcpy(r->data + (r->at & (r->size - 1)), from, first);
	memcpy(r->data, (const char *)from + first, size - first);
	move_to(r, r->at + (uint32_t)size);
}

void byte_ring_drop(struct byte_ring *r)
{
	move_to(r, load(r->theirs));
}
