/* SPDX-License-Identifier: MIT */
/*
 * One-shot timers.
 *
 * Each CPU has a queue with a lock (LOCK_TIMER). The lower half of timer.where
 * names the queue a timer is in. It goes from 0 to a CPU by compare-and-swap
 * under that CPU's lock and back to 0 under the same lock, so that two CPUs that
 * arm one timer at the same time cannot both put it into their queues. The upper
 * half names the CPU that runs its handler; one word, so that timer_cancel()
 * sees both at once. No two queues are locked at once.
 */
#include "core/timer.h"

#include "abi/abi.h"
#include "arch/x86/percpu.h"
#include "core/clock.h"
#include "core/sched.h"
#include "mm/heap.h"

#define RUN_BUDGET   64

#define WHERE_ARMED  0x0000ffffu
#define WHERE_FIRING 0xffff0000u

/* Later deadlines are this one, in 292 years: keys must not wrap. */
#define DEADLINE_MAX ((uint64_t)INT64_MAX)

struct timer_cpu {
	struct spinlock lock; /* LOCK_TIMER */
	struct pqueue queue;  /* (l) */
	uint64_t next;        /* (l) first deadline; read without the lock */
	unsigned int cpu;     /* (o) */
};

int timer_cpu_init(unsigned int cpu)
{
	struct timer_cpu *c = heap_alloc(sizeof(*c));

	if (c == NULL) {
		return -XEN_ENOMEM;
	}
	spinlock_init(&c->lock, LOCK_TIMER);
	c->next = UINT64_MAX;
	c->cpu = cpu;
	pcpu_table[cpu]->timer = c;
	return 0;
}

void timer_init(struct timer *t, void (*fire)(struct timer *t))
{
	*t = (struct timer){ .fire = fire };
}

static void note_first_locked(struct timer_cpu *c)
{
	const struct pqueue_node *first = c->queue.first;

	/* Pairs with timer_next() and timer_run(), which take no lock. */
	store_relaxed(&c->next, first != NULL ? first->key : UINT64_MAX);
}

static uint32_t where_armed(const struct timer *t)
{
	return load_acquire(&t->where) & WHERE_ARMED;
}

void timer_stop(struct timer *t)
{
	uint32_t armed;

	while ((armed = where_armed(t)) != 0) {
		struct timer_cpu *c = pcpu_table[armed - 1]->timer;

		spin_lock(&c->lock);
		/* It may have fired or moved before we had the lock. */
		if (where_armed(t) == armed) {
			pqueue_remove(&c->queue, &t->node);
			note_first_locked(c);
			/* Release: the next to claim it writes its node. */
			__atomic_fetch_and(&t->where, ~WHERE_ARMED,
					   __ATOMIC_RELEASE);
		}
		spin_unlock(&c->lock);
	}
}

/* Claims an unarmed timer for this queue; false when somebody else did. */
static bool claim_locked(struct timer_cpu *c, struct timer *t)
{
	uint32_t old = load_relaxed(&t->where);

	do {
		if ((old & WHERE_ARMED) != 0) {
			return false;
		}
	} while (!__atomic_compare_exchange_n(
		&t->where, &old, old | (c->cpu + 1), false, __ATOMIC_ACQUIRE,
		__ATOMIC_RELAXED));
	return true;
}

/* Puts an unarmed timer into a queue; false when somebody armed it meanwhile. */
static bool put_in(struct timer_cpu *c, struct timer *t, uint64_t deadline)
{
	bool claimed;

	spin_lock(&c->lock);
	claimed = claim_locked(c, t);
	if (claimed) {
		t->deadline = deadline;
		t->node.key = deadline;
		pqueue_push(&c->queue, &t->node);
		note_first_locked(c);
	}
	spin_unlock(&c->lock);
	return claimed;
}

void timer_set(struct timer *t, uint64_t deadline)
{
	deadline = min_u64(deadline, DEADLINE_MAX);
	do {
		timer_stop(t);
	} while (!put_in(this_pcpu()->timer, t, deadline));
}

void timer_cancel(struct timer *t)
{
	const uint32_t firing_here = (this_cpu() + 1) << 16;

	/* The handler may arm it again, hence the loop. */
	for (;;) {
		/* Acquire pairs with the release at the end of timer_run(). */
		const uint32_t where = load_acquire(&t->where);

		if (where == 0 || where == firing_here) {
			return;
		}
		if ((where & WHERE_ARMED) != 0) {
			timer_stop(t);
		} else {
			cpu_pause();
		}
	}
}

bool timer_is_armed(const struct timer *t)
{
	return where_armed(t) != 0;
}

void timer_migrate(struct timer *t, unsigned int cpu)
{
	struct timer_cpu *to = pcpu_table[cpu]->timer;
	const uint64_t deadline = t->deadline;

	if (!timer_is_armed(t)) {
		return;
	}
	timer_stop(t);
	/* When somebody else armed it first, theirs is the newer deadline. */
	if (put_in(to, t, deadline) && cpu != this_cpu() &&
	    load_relaxed(&to->next) == deadline) {
		smp_kick(cpu);
	}
}

uint64_t timer_next(void)
{
	return load_relaxed(&this_pcpu()->timer->next);
}

/*
 * The next due timer, out of the queue and marked as firing here. One that still
 * runs on another CPU is left until it is done there: true in *busy.
 */
static struct timer *take_due(struct timer_cpu *c, uint64_t now, bool *busy)
{
	struct timer *t = NULL;

	*busy = false;
	spin_lock(&c->lock);

	struct pqueue_node *first = c->queue.first;

	if (first != NULL && first->key <= now) {
		t = container_of(first, struct timer, node);
		if (load_acquire(&t->where) > WHERE_ARMED) {
			*busy = true;
			t = NULL;
		} else {
			pqueue_remove(&c->queue, &t->node);
			note_first_locked(c);
			/* Armed here, firing nowhere: nobody else writes it. */
			store_release(&t->where, (c->cpu + 1) << 16);
		}
	}
	spin_unlock(&c->lock);
	return t;
}

bool timer_run(void)
{
	struct timer_cpu *c = this_pcpu()->timer;
	const uint64_t now = clock_now();
	bool busy;

	for (unsigned int i = 0; i < RUN_BUDGET; i++) {
		if (load_relaxed(&c->next) > now) {
			return false;
		}

		struct timer *t = take_due(c, now, &busy);

		if (busy) {
			return true;
		}
		if (t != NULL) {
			t->fire(t);
			/* Release: timer_cancel() sees all the handler did. */
			__atomic_fetch_and(&t->where, ~WHERE_FIRING,
					   __ATOMIC_RELEASE);
		}
	}
	return load_relaxed(&c->next) <= now;
}
