/* SPDX-License-Identifier: MIT */
/*
 * The arithmetic of a request and response ring in pages that two domains
 * share (public header io/ring.h). Requests go from front to back, responses
 * the other way through the same slots.
 *
 * The four indices run freely and wrap at 2^32; a slot is the index modulo the
 * size. What this side believes stands in struct ring_front or struct
 * ring_back, outside the shared pages: the other side can write all of them
 * and is never trusted with our own position.
 *
 * The back half answers in the order of the requests. So the slots from
 * rsp_prod to req_prod still hold all that is unanswered, and a back half that
 * died is replaced by one that starts at rsp_prod.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <xen/io/ring.h>

/* Gives struct ring_sring: the indices, and where the first slot begins. */
DEFINE_RING_TYPES(ring, uint8_t, uint8_t);

#define RING_SLOTS_OFFSET offsetof(struct ring_sring, ring)

_Static_assert(RING_SLOTS_OFFSET == 64, "the header of a shared ring");

struct ring {
	struct ring_sring *shared;
	uint32_t size;       /* slots, a power of two */
	uint32_t entry_size; /* bytes */
};

struct ring_back {
	struct ring ring;
	uint32_t req_cons;
	uint32_t rsp_prod;
};

struct ring_front {
	struct ring ring;
	uint32_t req_prod;
	uint32_t rsp_cons;
};

/* How many slots of `entry_size` bytes a ring of `bytes` bytes has. */
static inline uint32_t ring_entries(size_t bytes, size_t entry_size)
{
	size_t fit = (bytes - RING_SLOTS_OFFSET) / entry_size;
	uint32_t size = 1;

	while ((size_t)size * 2 <= fit) {
		size *= 2;
	}
	return size;
}

/* Pairs with the other side's ring_store() of the same index. */
static inline uint32_t ring_load(const RING_IDX *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

static inline void ring_store(RING_IDX *index, uint32_t value)
{
	__atomic_store_n(index, value, __ATOMIC_RELEASE);
}

/* Between a store of one index and the load of another. */
static inline void ring_fence(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/*
 * Copies what the other side may be changing meanwhile. The barriers keep the
 * compiler from reading the shared copy again where the private one is used.
 */
static inline void ring_copy(void *to, const void *from, size_t bytes)
{
	__asm__ volatile("" ::: "memory");
	memcpy(to, from, bytes);
	__asm__ volatile("" ::: "memory");
}

static inline void *ring_slot(const struct ring *r, uint32_t index)
{
	uint8_t *slots = (uint8_t *)r->shared + RING_SLOTS_OFFSET;

	return slots + (size_t)(index & (r->size - 1)) * r->entry_size;
}

/* Whether the other side asked to hear of an index in (before, after]. */
static inline bool ring_wants(uint32_t event, uint32_t before, uint32_t after)
{
	return after - event < after - before;
}

static inline void ring_set(struct ring *r, void *shared, size_t bytes,
			    size_t entry_size)
{
	r->shared = (struct ring_sring *)shared;
	r->size = ring_entries(bytes, entry_size);
	r->entry_size = (uint32_t)entry_size;
}

/* The back half's start: at the first request that has no answer yet. */
static inline void ring_back_attach(struct ring_back *b, void *shared,
				    size_t bytes, size_t entry_size)
{
	ring_set(&b->ring, shared, bytes, entry_size);
	b->rsp_prod = ring_load(&b->ring.shared->rsp_prod);
	b->req_cons = b->rsp_prod;
}

/*
 * Stores in `*count` how many requests wait to be taken. False if the front
 * half's index cannot be: it passed more requests than there are slots, or
 * took some back.
 */
static inline bool ring_back_pending(const struct ring_back *b, uint32_t *count)
{
	const uint32_t prod = ring_load(&b->ring.shared->req_prod);
	const uint32_t open = prod - b->rsp_prod;
	const uint32_t taken = b->req_cons - b->rsp_prod;

	*count = open - taken;
	return open <= b->ring.size && open >= taken;
}

/* Takes one pending request: copies it out, once. Returns its index. */
static inline uint32_t ring_back_take(struct ring_back *b, void *request)
{
	ring_copy(request, ring_slot(&b->ring, b->req_cons),
		  b->ring.entry_size);
	return b->req_cons++;
}

/* Writes one response; the front half sees it after ring_back_push(). */
static inline void ring_back_answer(struct ring_back *b, const void *response,
				    size_t bytes)
{
	memcpy(ring_slot(&b->ring, b->rsp_prod), response, bytes);
	b->rsp_prod++;
}

/* Shows the responses. True if the front half wants an event for them. */
static inline bool ring_back_push(struct ring_back *b, uint32_t before)
{
	struct ring_sring *s = b->ring.shared;

	ring_store(&s->rsp_prod, b->rsp_prod);
	ring_fence();
	return ring_wants(ring_load(&s->rsp_event), before, b->rsp_prod);
}

/* Asks for an event at the next request. The caller looks again after it. */
static inline void ring_back_rest(struct ring_back *b)
{
	ring_store(&b->ring.shared->req_event, b->req_cons + 1);
	ring_fence();
}

/* The front half makes the ring, in pages of zeroes. */
static inline void ring_front_init(struct ring_front *f, void *shared,
				   size_t bytes, size_t entry_size)
{
	ring_set(&f->ring, shared, bytes, entry_size);
	f->req_prod = 0;
	f->rsp_cons = 0;
	ring_store(&f->ring.shared->req_event, 1);
	ring_store(&f->ring.shared->rsp_event, 1);
}

static inline uint32_t ring_front_free(const struct ring_front *f)
{
	return f->ring.size - (f->req_prod - f->rsp_cons);
}

/* Writes one request; there must be a free slot. */
static inline void ring_front_put(struct ring_front *f, const void *request,
				  size_t bytes)
{
	memcpy(ring_slot(&f->ring, f->req_prod), request, bytes);
	f->req_prod++;
}

/* Shows the requests. True if the back half wants an event for them. */
static inline bool ring_front_push(struct ring_front *f)
{
	struct ring_sring *s = f->ring.shared;
	const uint32_t before = ring_load(&s->req_prod);

	ring_store(&s->req_prod, f->req_prod);
	ring_fence();
	return ring_wants(ring_load(&s->req_event), before, f->req_prod);
}

/*
 * Stores in `*count` how many responses wait. False if the back half's index
 * is impossible: more responses than requests.
 */
static inline bool ring_front_pending(const struct ring_front *f,
				      uint32_t *count)
{
	*count = ring_load(&f->ring.shared->rsp_prod) - f->rsp_cons;
	return *count <= f->req_prod - f->rsp_cons;
}

static inline void ring_front_take(struct ring_front *f, void *response,
				   size_t bytes)
{
	ring_copy(response, ring_slot(&f->ring, f->rsp_cons), bytes);
	f->rsp_cons++;
}

/* Asks for an event at the next response. The caller looks again after it. */
static inline void ring_front_rest(struct ring_front *f)
{
	ring_store(&f->ring.shared->rsp_event, f->rsp_cons + 1);
	ring_fence();
}
