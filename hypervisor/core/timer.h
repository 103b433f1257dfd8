/* SPDX-License-Identifier: MIT */
/*
 * One-shot timers on a per-CPU heap, in clock_now() nanoseconds. Handlers run
 * from the run loop (timer_run), never from an interrupt, so they may take
 * locks of any rank above LOCK_TIMER's users.
 */
#pragma once

#include "lib/types.h"

struct timer {
	uint64_t deadline;           /* valid while armed */
	void (*fire)(struct timer *t); /* (o) */
	uint32_t cpu;                /* heap it is in while armed */
	uint32_t slot;               /* index in the heap + 1; 0 = not armed */
};

void timer_init(struct timer *t, void (*fire)(struct timer *t));
/* Arms or re-arms on this CPU (a timer armed elsewhere moves here). */
void timer_set(struct timer *t, uint64_t deadline);
/* After return the handler neither runs nor will run. */
void timer_cancel(struct timer *t);
bool timer_is_armed(const struct timer *t);
/* Moves an armed timer to another CPU's heap. */
void timer_migrate(struct timer *t, unsigned int cpu);

/* Run loop: fires what is due, at most 64 a call; true when more are due. */
bool timer_run(void);
/* The next deadline on this CPU, UINT64_MAX when none. */
uint64_t timer_next(void);
