/* SPDX-License-Identifier: MIT */
/*
 * Grace periods, each pCPU for the items that were deferred on it; nobody else
 * touches its lists, so there is no lock.
 *
 * The other pCPUs are waited for one after the other: each is passed when it is
 * seen resting, or when its count of passes has changed since it was first
 * looked at. Most are in guest mode or idle at any time.
 */
#include "core/quiesce.h"

#include "core/clock.h"
#include "core/timer.h"
#include "lib/cpuset.h"

#define DONE_BUDGET 64
#define RETRY_NS    NSEC_PER_MSEC

struct quiesce_cpu {
	struct list collecting; /* for the next grace period */
	struct list waiting;    /* for the end of the present one */
	struct timer retry;     /* brings a resting pCPU back here */
	uint32_t cursor;        /* pCPU that is waited for */
	bool has_seen;
	bool active;   /* a list is not empty */
	uint64_t seen; /* its passes when first looked at */
};

static struct quiesce_cpu cpus[MAX_CPUS];

/* The run loop polls after timers: nothing else to do. */
static void retry(struct timer *)
{
}

void quiesce_defer(struct quiesce_item *item,
		   void (*done)(struct quiesce_item *item))
{
	struct quiesce_cpu *c = &cpus[this_cpu()];

	if (c->retry.fire == NULL) {
		list_init(&c->collecting);
		list_init(&c->waiting);
		timer_init(&c->retry, retry);
	}
	item->done = done;
	list_push_back(&c->collecting, &item->link);
	/* A vCPU that nothing interrupts must not keep it waiting. */
	if (!c->active) {
		timer_set(&c->retry, clock_now() + RETRY_NS);
	}
	c->active = true;
}

static void begin(struct quiesce_cpu *c)
{
	while (!list_is_empty(&c->collecting)) {
		struct list *l = c->collecting.next;

		list_remove(l);
		list_push_back(&c->waiting, l);
	}
	c->cursor = 0;
	c->has_seen = false;
	/* Objects are out of all tables before we look at the other pCPUs;
	 * pairs with the exchange in quiesce_rest_end(). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* True when the pCPU rests, or passed a quiescent point since the first call. */
static bool has_passed(struct quiesce_cpu *c, const struct pcpu *p)
{
	if (load_acquire(&p->resting) != 0) {
		return true;
	}

	const uint64_t passes = load_acquire(&p->passes);

	if (!c->has_seen) {
		c->has_seen = true;
		c->seen = passes;
	}
	return passes != c->seen;
}

static bool is_over(struct quiesce_cpu *c)
{
	while (c->cursor < pcpu_count) {
		const struct pcpu *p = pcpu_table[c->cursor];

		if (p != NULL && p != this_pcpu() && !has_passed(c, p)) {
			return false;
		}
		c->cursor++;
		c->has_seen = false;
	}
	return true;
}

static void run_done(struct quiesce_cpu *c)
{
	for (unsigned int i = 0; i < DONE_BUDGET; i++) {
		if (list_is_empty(&c->waiting)) {
			return;
		}

		struct quiesce_item *item =
			list_entry(c->waiting.next, struct quiesce_item, link);

		list_remove(&item->link);
		item->done(item);
	}
}

static void work(struct quiesce_cpu *c)
{
	if (list_is_empty(&c->waiting)) {
		begin(c);
	}
	if (is_over(c)) {
		run_done(c);
	}
	c->active =
		!list_is_empty(&c->waiting) || !list_is_empty(&c->collecting);
	if (c->active) {
		timer_set(&c->retry, clock_now() + RETRY_NS);
	} else {
		timer_stop(&c->retry);
	}
}

void quiesce_poll(void)
{
	struct quiesce_cpu *c = &cpus[this_cpu()];

	/* This pCPU is in such a point itself; others may wait for it, but they
	 * see the next rest soon enough. */
	if (c->active) {
		work(c);
	}
}
