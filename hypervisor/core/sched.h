/* SPDX-License-Identifier: MIT */
/*
 * Scheduling of sched_units (one per vCPU) on pCPUs: one run queue per pCPU,
 * fair by weight in virtual time, with caps and hard affinity.
 *
 * A unit is BLOCKED, RUNNABLE (in exactly one queue) or RUNNING (on one pCPU).
 * sched_wake() may be called from anywhere; the other calls come from the run
 * loop of the pCPU concerned.
 */
#pragma once

#include "arch/x86/spinlock.h"
#include "lib/cpuset.h"
#include "lib/list.h"

enum sched_state {
	SCHED_BLOCKED,
	SCHED_RUNNABLE,
	SCHED_RUNNING,
};

#define SCHED_WEIGHT_DEFAULT 256u
#define SCHED_SLICE_NS (5 * NSEC_PER_MSEC)

/* What all units of one domain share. */
struct sched_group {
	uint32_t weight;  /* 1..65535 */
	uint32_t cap;     /* percent of one pCPU for each unit; 0 = no cap */
};

struct sched_unit {
	struct list link;            /* in a queue while RUNNABLE */
	struct sched_group *group;   /* (o) */
	struct cpuset affinity;      /* (l) where it may run */
	uint64_t vtime;              /* (l) virtual run time, ns by weight */
	uint64_t started;            /* (l) clock when it began to run */
	uint64_t run_ns;             /* (l) total time on a pCPU */
	uint64_t cap_window;         /* (l) start of the present cap period */
	uint64_t cap_used;           /* (l) ns used in it */
	uint32_t cpu;                /* (l) queue it is in or ran on last */
	uint8_t state;               /* (l) enum sched_state */
	uint8_t wake_pending;        /* (l) woken while RUNNING */
	uint8_t paused;              /* (l) count: not to be run while > 0 */
};

struct sched_choice {
	struct sched_unit *unit; /* NULL: idle */
	uint64_t until;          /* clock at which to choose again */
};

/* Called once for each pCPU, before any unit exists. */
int sched_cpu_init(unsigned int cpu) must_check;

void sched_unit_init(struct sched_unit *u, struct sched_group *g);
/* The unit is BLOCKED and will never run again. */
void sched_unit_retire(struct sched_unit *u);

/* Makes a blocked unit runnable; kicks a pCPU if it should run soon. */
void sched_wake(struct sched_unit *u);

/*
 * Run loop: puts `prev` away (NULL after idle) and picks the next. With
 * `block` prev becomes BLOCKED unless a wake-up came meanwhile; with `yield`
 * it goes behind the others of its queue once.
 */
struct sched_choice sched_switch(struct sched_unit *prev, bool block,
				 bool yield);

/* Hard affinity; moves a runnable unit, kicks a running one. -XEN_EINVAL when
 * no online pCPU is in the set. */
int sched_set_affinity(struct sched_unit *u, struct cpuset set) must_check;
/* Nested. A paused unit leaves its pCPU soon: ask sched_is_running(). */
void sched_pause(struct sched_unit *u);
void sched_unpause(struct sched_unit *u);
bool sched_is_running(const struct sched_unit *u);
/* ns on pCPUs until now. */
uint64_t sched_run_time(struct sched_unit *u);

/* Told to the owner of the units when one changes state (run-state times). */
struct sched_observer {
	void (*changed)(struct sched_unit *u, enum sched_state from,
			enum sched_state to, uint64_t now);
};

extern const struct sched_observer *sched_observer; /* set once at boot */

/* Provided by core/smp.c: makes `cpu` go round its run loop soon. */
void smp_kick(unsigned int cpu);
