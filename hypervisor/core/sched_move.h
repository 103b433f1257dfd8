/* SPDX-License-Identifier: MIT */
/* Units between the run queues of pCPUs. Only for sched.c. */
#pragma once

#include "core/sched_queue.h"

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
