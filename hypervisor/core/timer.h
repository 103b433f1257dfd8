/* SPDX-License-Identifier: MIT */
/*
 * One-shot timers on a per-CPU queue, in clock_now() nanoseconds. Handlers run
 * from the run loop (timer_run), never from an interrupt, with no lock held,
 * and may arm their own timer again.
 *
 * The struct must stay in place until timer_cancel() has returned, or until a
 * quiescent point after its handler was the last to touch it.
 */
#pragma once

#include "lib/pqueue.h"

struct timer {
	struct pqueue_node node;       /* (l) in a queue while armed */
	uint64_t deadline;             /* valid while armed */
	void (*fire)(struct timer *t); /* (o) */
	/* atomic: 1 + CPU of its queue, 1 + CPU in fire() << 16 */
	uint32_t where;
};

/* Called once for each pCPU, before it uses timers. 0 or -XEN_ENOMEM. */
int timer_cpu_init(unsigned int cpu) must_check;

void timer_init(struct timer *t, void (*fire)(struct timer *t));
/* Arms or re-arms on this CPU (a timer armed elsewhere moves here). */
void timer_set(struct timer *t, uint64_t deadline);
/* Disarms. A handler that runs on another CPU just now goes on. */
void timer_stop(struct timer *t);
/*
 * After return the handler neither runs nor will run (unless this is called by
 * the handler itself). Waits for a handler on another CPU: the caller holds no
 * lock that the handler takes.
 */
void timer_cancel(struct timer *t);
bool timer_is_armed(const struct timer *t);
/* Moves an armed timer to another CPU's queue. */
void timer_migrate(struct timer *t, unsigned int cpu);

/* Run loop: fires what is due, at most 64 a call; true when more are due. */
bool timer_run(void);
/* The next deadline on this CPU, UINT64_MAX when none. */
uint64_t timer_next(void);
