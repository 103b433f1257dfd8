/* SPDX-License-Identifier: MIT */
/*
 * Scheduling of sched_units (one per vCPU) on pCPUs: one run queue per pCPU,
 * fair by weight in virtual time, with caps and hard affinity.
 *
 * A unit is BLOCKED, RUNNABLE (in at most one queue) or RUNNING (on one pCPU).
 * sched_wake() may be called from anywhere; sched_switch() and sched_put_done()
 * come from the run loop of the pCPU concerned.
 */
#pragma once

#include "arch/x86/spinlock.h"
#include "lib/cpuset.h"
#include "lib/pqueue.h"

enum sched_state {
	SCHED_BLOCKED,
	SCHED_RUNNABLE,
	SCHED_RUNNING,
};

#define SCHED_WEIGHT_DEFAULT 256u
#define SCHED_WEIGHT_MAX     65535u
#define SCHED_SLICE_NS       (5 * NSEC_PER_MSEC)
#define SCHED_CAP_PERIOD_NS  (30 * NSEC_PER_MSEC)

/* What all units of one domain share. May be changed at any time. */
struct sched_group {
	uint32_t weight; /* 1..SCHED_WEIGHT_MAX */
	uint32_t cap;    /* percent of one pCPU for each unit; 0 = no cap */
};

/* (l): under the lock of the queue that `cpu` names. */
struct sched_unit {
	struct pqueue_node node;   /* (l) in a queue, by vtime or end of cap */
	struct sched_group *group; /* (o) */
	struct cpuset affinity;    /* (l) where it may run */
	uint64_t vtime;            /* (l) ns run, scaled by weight */
	uint64_t started;          /* (l) clock up to which it was accounted */
	uint64_t picked;           /* (l) clock when its slice began */
	uint64_t begun;            /* (l) clock when it got its pCPU */
	uint64_t run_ns;           /* (l) total time on a pCPU */
	uint64_t cap_window;       /* (l) start of the present cap period */
	uint64_t cap_used;         /* (l) ns used in it */
	uint32_t cpu;              /* (l) queue it belongs to */
	uint32_t paused;           /* (l) count: not to be run while > 0 */
	uint8_t state;             /* (l) enum sched_state */
	uint8_t place;             /* (l) which queue `node` is in */
	bool wake_pending;         /* (l) woken while RUNNING */
	bool retired;              /* (l) never to run again */
	bool busy;                 /* (l) `cpu` still holds its registers */
};

struct sched_choice {
	struct sched_unit *unit; /* NULL: idle */
	uint64_t until;          /* clock at which to choose again */
};

/* Called once for each pCPU, before any unit exists. 0 or -XEN_ENOMEM. */
int sched_cpu_init(unsigned int cpu) must_check;

/* A new unit is BLOCKED and may run anywhere. */
void sched_unit_init(struct sched_unit *u, struct sched_group *g);
/*
 * The unit becomes BLOCKED and will never run again. One that is RUNNING leaves
 * its pCPU soon: ask sched_is_running() before its memory goes.
 */
void sched_unit_retire(struct sched_unit *u);

/* Makes a blocked unit runnable; kicks a pCPU if it should run soon. */
void sched_wake(struct sched_unit *u);

/*
 * Run loop: puts `prev` away (NULL after idle) and picks the next. With
 * `block` prev becomes BLOCKED unless a wake-up came meanwhile; with `yield`
 * it goes behind the others of its queue once.
 *
 * When another unit or idle is chosen, prev's registers are still in this
 * pCPU: nobody else runs prev before sched_put_done(prev).
 */
struct sched_choice sched_switch(struct sched_unit *prev, bool block,
				 bool yield);
/* Run loop: all state of `prev`, which is not running here any more, is in
 * memory. */
void sched_put_done(struct sched_unit *prev);

/* Hard affinity; moves a runnable unit, kicks a running one. -XEN_EINVAL when
 * no online pCPU is in the set. */
int sched_set_affinity(struct sched_unit *u, struct cpuset set) must_check;
/* Nested. A paused unit leaves its pCPU soon: ask sched_is_running(). */
void sched_pause(struct sched_unit *u);
void sched_unpause(struct sched_unit *u);
/* True while a pCPU runs it or holds its registers. */
bool sched_is_running(const struct sched_unit *u);
/* ns on pCPUs until now. */
uint64_t sched_run_time(struct sched_unit *u);

/*
 * Hook, defined in domain/runstate.c: a unit has changed its state, or is paused
 * or unpaused while RUNNABLE. The queue's lock is held: calls for one unit never
 * overlap, and take no lock below LOCK_TIMER.
 */
void sched_changed(struct sched_unit *u, enum sched_state to, uint64_t now);

/* Provided by core/smp.c: makes `cpu` go round its run loop soon. Never called
 * for this CPU: there need_resched is set. */
void smp_kick(unsigned int cpu);
