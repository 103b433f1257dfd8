/* SPDX-License-Identifier: MIT */
/*
 * Frame table and the pool of guests' memory: a buddy allocator whose free
 * lists run through the frame table, since free frames are not mapped.
 *
 * The way of a freed frame: its last reference goes -> limbo (core/limbo.c:
 * every pCPU passes a quiescent point) -> dirty list -> scrubbed -> pool.
 */
#include "mm/frames.h"

#include "abi/abi.h"
#include "arch/x86/hooks.h"
#include "arch/x86/spinlock.h"
#include "lib/string.h"
#include "mm/window.h"

#define POOL_MAX_ORDER 18 /* 1 GiB */
#define NIL            UINT32_MAX
#define SCRUB_BATCH    16

static struct frame *table;
static uint64_t table_count;
static uint64_t owned_count[FRAME_OWNERS]; /* atomic: FRAME_OWNED, by owner */

static struct {
	struct spinlock lock;
	uint32_t free[POOL_MAX_ORDER + 1]; /* list heads, by mfn */
	uint32_t dirty;                    /* to be scrubbed, singly linked */
	uint64_t free_count;               /* in the buddy lists */
	uint64_t dirty_count;              /* on the way there */
	uint64_t total;
} pool = { .lock = SPINLOCK_INIT(LOCK_FRAMES), .dirty = NIL };

struct frame *frame_get(mfn_t f)
{
	if (f.v >= table_count || table[f.v].state == FRAME_HOLE) {
		return NULL;
	}
	return &table[f.v];
}

bool frame_is_owned(mfn_t f, uint16_t domid)
{
	const struct frame *frame = frame_get(f);

	return frame != NULL && frame->state == FRAME_OWNED &&
	       frame->owner == domid;
}

void frames_init(void *zeroed, uint64_t count)
{
	table = zeroed;
	table_count = count;
	for (unsigned int i = 0; i <= POOL_MAX_ORDER; i++) {
		pool.free[i] = NIL;
	}
}

void frames_keep(mfn_t first, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		table[first.v + i].state = FRAME_HYPERVISOR;
	}
}

static void count_owned(uint16_t domid, uint64_t count)
{
	__atomic_add_fetch(&owned_count[domid], count, __ATOMIC_RELAXED);
}

void frames_assign(mfn_t first, uint64_t count, uint16_t domid)
{
	count_owned(domid, count);
	for (uint64_t i = first.v; i < first.v + count; i++) {
		table[i] = (struct frame){
			.refs = 1,
			.gfn = (uint32_t)i,
			.owner = domid,
			.state = FRAME_OWNED,
			.flags = FRAME_PINNED_1TO1,
		};
	}
}

static void push_free_locked(uint32_t f, unsigned int order)
{
	const uint32_t next = pool.free[order];

	table[f] = (struct frame){ .next = next,
				   .prev = NIL,
				   .state = FRAME_FREE,
				   .order = (uint8_t)order };
	if (next != NIL) {
		table[next].prev = f;
	}
	pool.free[order] = f;
}

static void unlink_free_locked(uint32_t f)
{
	const struct frame *frame = &table[f];

	if (frame->prev != NIL) {
		table[frame->prev].next = frame->next;
	} else {
		pool.free[frame->order] = frame->next;
	}
	if (frame->next != NIL) {
		table[frame->next].prev = frame->prev;
	}
}

/* Only the first frame of a free block is marked; its order says how far it
 * reaches. The others are FRAME_FREE with order 0xff. */
#define ORDER_INSIDE 0xff

static void give_locked(uint32_t f, unsigned int order)
{
	pool.free_count += UINT64_C(1) << order;
	while (order < POOL_MAX_ORDER) {
		const uint32_t buddy = f ^ (UINT32_C(1) << order);

		if (buddy >= table_count || table[buddy].state != FRAME_FREE ||
		    table[buddy].order != order) {
			break;
		}
		unlink_free_locked(buddy);
		table[buddy].order = ORDER_INSIDE;
		table[f].state = FRAME_FREE;
		table[f].order = ORDER_INSIDE;
		f &= ~(UINT32_C(1) << order);
		order++;
	}
	push_free_locked(f, order);
}

static uint32_t take_locked(unsigned int order)
{
	unsigned int from = order;

	while (from <= POOL_MAX_ORDER && pool.free[from] == NIL) {
		from++;
	}
	if (from > POOL_MAX_ORDER) {
		return NIL;
	}

	const uint32_t f = pool.free[from];

	unlink_free_locked(f);
	while (from > order) {
		from--;
		push_free_locked(f + (UINT32_C(1) << from), from);
	}
	pool.free_count -= UINT64_C(1) << order;
	return f;
}

static void push_dirty_locked(uint32_t f)
{
	table[f] = (struct frame){ .next = pool.dirty, .state = FRAME_LIMBO };
	pool.dirty = f;
	pool.dirty_count++;
}

void frames_add_pool(mfn_t first, uint64_t count)
{
	spin_lock(&pool.lock);
	pool.total += count;
	for (uint64_t i = 0; i < count; i++) {
		push_dirty_locked((uint32_t)(first.v + i));
	}
	spin_unlock(&pool.lock);
}

static void scrub(mfn_t f)
{
	void *p = window_map(f);

	memset(p, 0, PAGE_SIZE);
	window_unmap(p);
}

/* One dirty frame, off the list; NIL when there is none. */
static uint32_t pop_dirty(void)
{
	spin_lock(&pool.lock);
	const uint32_t f = pool.dirty;

	if (f != NIL) {
		pool.dirty = table[f].next;
		pool.dirty_count--;
	}
	spin_unlock(&pool.lock);
	return f;
}

bool frames_scrub_some(void)
{
	for (unsigned int i = 0; i < SCRUB_BATCH; i++) {
		const uint32_t f = pop_dirty();

		if (f == NIL) {
			return false;
		}
		scrub(mfn(f));
		spin_lock(&pool.lock);
		give_locked(f, 0);
		spin_unlock(&pool.lock);
	}
	return true;
}

mfn_t frames_alloc(uint16_t domid, unsigned int order)
{
	if (order > POOL_MAX_ORDER) {
		return MFN_NONE;
	}
	const struct frame owned = {
		.refs = 1,
		.gfn = NIL,
		.owner = domid,
		.state = FRAME_OWNED,
	};

	spin_lock(&pool.lock);
	const uint32_t f = take_locked(order);

	for (uint32_t i = 0; f != NIL && i < (UINT32_C(1) << order); i++) {
		table[f + i] = owned;
	}
	spin_unlock(&pool.lock);
	if (f == NIL) {
		return MFN_NONE;
	}
	count_owned(domid, BIT(order));
	return mfn(f);
}

int frame_ref(mfn_t f, uint16_t domid)
{
	struct frame *frame = frame_get(f);

	if (frame == NULL) {
		return -XEN_EINVAL;
	}

	uint32_t refs = load_relaxed(&frame->refs);

	do {
		if (!frame_is_owned(f, domid) || refs == 0 ||
		    refs == UINT32_MAX) {
			return -XEN_EINVAL;
		}
	} while (!__atomic_compare_exchange_n(&frame->refs, &refs, refs + 1,
					      false, __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return 0;
}

void frame_unref(mfn_t f)
{
	struct frame *frame = frame_get(f);

	assert(frame != NULL && frame->state == FRAME_OWNED);
	/* Once it is in limbo it has no owner. */
	const uint16_t owner = frame->owner;

	if (__atomic_sub_fetch(&frame->refs, 1, __ATOMIC_RELEASE) == 0) {
		frame_retire(f);
		__atomic_sub_fetch(&owned_count[owner], 1, __ATOMIC_RELEASE);
	}
}

void frames_splice_dirty(uint32_t head, uint32_t tail, uint64_t count)
{
	spin_lock(&pool.lock);
	table[tail].next = pool.dirty;
	pool.dirty = head;
	pool.dirty_count += count;
	spin_unlock(&pool.lock);
}

uint64_t frames_owned_count(uint16_t domid)
{
	return load_acquire(&owned_count[domid]);
}

uint64_t frames_end(void)
{
	return table_count;
}

uint64_t frames_free_count(void)
{
	return pool.free_count + pool.dirty_count;
}

uint64_t frames_total_count(void)
{
	return pool.total;
}
