/* SPDX-License-Identifier: MIT */
/*
 * One pCPU's run queue and the policy in it: virtual time, slices, caps. Only
 * for sched.c and sched_move.c. All calls but sched_queue_load() hold the queue's lock.
 */
#pragma once

#include "core/sched.h"

enum sched_place {
	PLACE_NONE,
	PLACE_QUEUE,  /* may be picked */
	PLACE_CAPPED, /* used up its cap: waits for the next period */
};

struct sched_cpu {
	struct spinlock lock;       /* LOCK_SCHED */
	unsigned int cpu;           /* (o) */
	struct pqueue queue;        /* (l) RUNNABLE units, by vtime */
	struct pqueue capped;       /* (l) by end of their cap period */
	struct sched_unit *running; /* (l) */
	uint64_t min_vtime;         /* (l) never decreases */
	uint64_t max_vtime;         /* (l) latest that was ever queued */
	uint64_t balance_at;        /* private: when to look at the others */
	bool idle; /* atomic: nothing to do; a waker that clears it owns it */
};

void sched_queue_init(struct sched_cpu *q, unsigned int cpu);

/* Units that run or want to; good as a hint without the lock. */
unsigned int sched_queue_load(const struct sched_cpu *q);

/* Charges a running unit for its time until now. */
void sched_queue_account(struct sched_cpu *q, struct sched_unit *u,
			 uint64_t now);
/* A sleeper comes back: it may be ahead of the others by one slice at most. One
 * that never ran comes one slice after them. */
void sched_queue_clamp(struct sched_cpu *q, struct sched_unit *u);
/* Moves a unit that is in no queue to another queue, which is not locked. */
void sched_queue_rehome(struct sched_cpu *q, struct sched_unit *u,
			struct sched_cpu *to);

/* True when the unit ran as long as its cap allows in this period. */
bool sched_queue_cap_is_used_up(struct sched_unit *u, uint64_t now);
/* Puts a unit where it belongs. */
void sched_queue_insert(struct sched_cpu *q, struct sched_unit *u,
			uint64_t now);
/* Takes a unit out of wherever it is, if any. */
void sched_queue_remove(struct sched_cpu *q, struct sched_unit *u);
/* Moves units whose cap period is over back among the runnable; true if any. */
bool sched_queue_release_capped(struct sched_cpu *q, uint64_t now);

/* Puts a yielding unit behind the others, at the price of a slice at most. */
void sched_queue_yield(struct sched_cpu *q, struct sched_unit *u);
/* True when the running unit, accounted, may go on; starts a new slice if the
 * old one is over. */
bool sched_queue_keeps(struct sched_cpu *q, struct sched_unit *u, uint64_t now);
/* True when `u`, in the queue, should take the CPU from the running unit. */
bool sched_queue_preempts(struct sched_cpu *q, const struct sched_unit *u,
			  uint64_t now);
/* When the running unit (NULL: idle) must be looked at again. */
uint64_t sched_queue_until(const struct sched_cpu *q,
			   const struct sched_unit *u);

/* Units between the run queues of pCPUs. Only for sched.c. */

/* Locks the queue that the unit belongs to. */
struct sched_cpu *sched_move_lock(const struct sched_unit *u);

/*
 * Finds a heap for a unit of the locked queue q if it needs one, in q itself
 * if `stay` and it is allowed there. Drops the lock and kicks who has to know.
 */
void sched_move_place(struct sched_cpu *q, struct sched_unit *u, bool stay,
		      uint64_t now);
/* True for a unit that should be in a heap and is not. Its queue is locked. */
bool sched_move_is_placeless(const struct sched_unit *u);

/* Makes a pCPU, this one too, look at its queue soon. */
void sched_move_kick(uint32_t cpu);
/* Makes an idle pCPU, if there is one, look for work in other queues. */
void sched_move_offer(const struct sched_cpu *q);

/* Without locks: gets work for q's idle pCPU, true if it did. */
bool sched_move_steal(struct sched_cpu *q, uint64_t now);
/* Without locks: now and then gives work of q to a shorter queue. */
void sched_move_balance(struct sched_cpu *q, uint64_t now);

/* True when a pCPU of the set is online. */
bool sched_move_any_online(const struct cpuset *set);
