/* SPDX-License-Identifier: MIT */
/*
 * Freed frames wait here until every pCPU has passed a quiescent point: until
 * then an operation that looked one up may still be reading it.
 *
 * Two chains through the frame table: one collects, one waits for the grace
 * period that is under way.
 */
#include "arch/x86/spinlock.h"
#include "core/quiesce.h"
#include "mm/frames.h"

struct chain {
	uint32_t head;
	uint32_t tail;
	uint64_t count;
};

static struct spinlock lock = SPINLOCK_INIT(LOCK_FRAMES - 1);
static struct chain collecting;
static struct chain waiting;
static struct quiesce_item grace;

static void grace_over(struct quiesce_item *item);

/* Begins a grace period for what was collected, unless one is under way. */
static bool rotate_locked(void)
{
	if (waiting.count != 0 || collecting.count == 0) {
		return false;
	}
	waiting = collecting;
	collecting.count = 0;
	return true;
}

static void grace_over(struct quiesce_item *item)
{
	spin_lock(&lock);
	frames_splice_dirty(waiting.head, waiting.tail, waiting.count);
	waiting.count = 0;
	const bool more = rotate_locked();
	spin_unlock(&lock);

	if (more) {
		quiesce_defer(item, grace_over);
	}
}

void frame_retire(mfn_t f)
{
	spin_lock(&lock);
	*frame_get(f) =
		(struct frame){ .next = collecting.head, .state = FRAME_LIMBO };
	if (collecting.count == 0) {
		collecting.tail = (uint32_t)f.v;
	}
	collecting.head = (uint32_t)f.v;
	collecting.count++;
	const bool start = rotate_locked();
	spin_unlock(&lock);

	if (start) {
		quiesce_defer(&grace, grace_over);
	}
}
