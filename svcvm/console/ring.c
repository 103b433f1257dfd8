/* SPDX-License-Identifier: MIT */
#include "svcvm/console/ring.h"

#include <string.h>

/* The indices run freely and are taken modulo the size, a power of two. */
static uint32_t load(const uint32_t *index)
{
	/* Pairs with the guest's barrier between data and index. */
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *index, uint32_t value)
{
	/* The guest sees the index after what it stands for. */
	__atomic_store_n(index, value, __ATOMIC_SEQ_CST);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

void ring_open(struct ring *ring, struct xencons_interface *page)
{
	ring->page = page;
	ring->out_cons = load(&page->out_cons);
	ring->in_prod = load(&page->in_prod);
}

size_t ring_peek(struct ring *ring, char *to, size_t size, bool *broken)
{
	const char *out = ring->page->out;
	uint32_t produced = load(&ring->page->out_prod);
	size_t waiting = produced - ring->out_cons;
	size_t start = ring->out_cons % RING_OUTPUT_SIZE;
	size_t first;

	*broken = waiting > RING_OUTPUT_SIZE;
	if (*broken) {
		ring->out_cons = produced;
		store(&ring->page->out_cons, produced);
		return 0;
	}

	size = smaller(size, waiting);
	first = smaller(size, RING_OUTPUT_SIZE - start);
	memcpy(to, out + start, first);
	memcpy(to + first, out, size - first);
	return size;
}

void ring_consume(struct ring *ring, size_t size)
{
	ring->out_cons += (uint32_t)size;
	store(&ring->page->out_cons, ring->out_cons);
}

size_t ring_space(struct ring *ring, bool *broken)
{
	uint32_t consumed = load(&ring->page->in_cons);
	size_t unread = ring->in_prod - consumed;

	*broken = unread > RING_INPUT_SIZE;
	if (*broken) {
		ring->in_prod = consumed;
		store(&ring->page->in_prod, consumed);
		return RING_INPUT_SIZE;
	}
	return RING_INPUT_SIZE - unread;
}

void ring_put(struct ring *ring, const char *from, size_t size)
{
	char *in = ring->page->in;
	size_t start = ring->in_prod % RING_INPUT_SIZE;
	size_t first = smaller(size, RING_INPUT_SIZE - start);

	memcpy(in + start, from, first);
	memcpy(in, from + first, size - first);
	ring->in_prod += (uint32_t)size;
	store(&ring->page->in_prod, ring->in_prod);
}
