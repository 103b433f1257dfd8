/* SPDX-License-Identifier: MIT */
/*
 * Policy of a run queue.
 *
 * A unit's vtime grows by the time it runs, scaled by default weight / weight;
 * the unit with the least vtime runs. Every unit that is always runnable thus
 * gets time in proportion to its weight. vtime has a meaning only against
 * min_vtime of the unit's own queue; it is rebased when the unit moves.
 */
#include "core/sched_queue.h"

/* A queued unit takes the CPU before the slice ends if it is that far behind:
 * less would make two units change places all the time. */
#define PREEMPT_NS NSEC_PER_MSEC

/* And not before the running one had that long: a back end tells of each request
 * that it has done, and a front end that gets the pCPU for every one of them costs
 * two switches for each. */
#define MIN_RUN_NS (500 * NSEC_PER_USEC)

void sched_queue_init(struct sched_cpu *q, unsigned int cpu)
{
	spinlock_init(&q->lock, LOCK_SCHED);
	q->cpu = cpu;
}

unsigned int sched_queue_load(const struct sched_cpu *q)
{
	const struct sched_unit *running = load_relaxed(&q->running);

	return load_relaxed(&q->queue.count) + (running != NULL ? 1 : 0);
}

static uint64_t weighted(const struct sched_unit *u, uint64_t ns)
{
	/* The weight may be changed by others at any time: read it once. */
	const uint32_t weight = load_relaxed(&u->group->weight);

	return ns * SCHED_WEIGHT_DEFAULT / (weight != 0 ? weight : 1);
}

static struct sched_unit *unit_of(struct pqueue_node *n)
{
	return n != NULL ? container_of(n, struct sched_unit, node) : NULL;
}

/* min_vtime follows the least vtime of those that want the CPU. */
static void advance_min(struct sched_cpu *q, const struct sched_unit *running)
{
	const struct sched_unit *first = unit_of(q->queue.first);
	uint64_t least = running->vtime;

	if (first != NULL && pqueue_key_before(first->vtime, least)) {
		least = first->vtime;
	}
	if (pqueue_key_before(q->min_vtime, least)) {
		/* Read without the lock by sched_queue_rehome(). */
		store_relaxed(&q->min_vtime, least);
	}
}

/* Cap periods follow each other without a gap, counted from clock 0. */
static void roll_cap_window(struct sched_unit *u, uint64_t now)
{
	/* Signed: `now` may have been read before another CPU rolled it. */
	if ((int64_t)(now - u->cap_window) >= (int64_t)SCHED_CAP_PERIOD_NS) {
		u->cap_window = now - now % SCHED_CAP_PERIOD_NS;
		u->cap_used = 0;
	}
}

static uint64_t cap_budget(const struct sched_unit *u)
{
	const uint32_t cap = load_relaxed(&u->group->cap);

	return cap == 0 ? UINT64_MAX : cap * (SCHED_CAP_PERIOD_NS / 100);
}

bool sched_queue_cap_is_used_up(struct sched_unit *u, uint64_t now)
{
	roll_cap_window(u, now);
	return u->cap_used >= cap_budget(u);
}

void sched_queue_account(struct sched_cpu *q, struct sched_unit *u,
			 uint64_t now)
{
	/* `now` was read before the lock was taken: others may be ahead. */
	const uint64_t ns = now > u->started ? now - u->started : 0;

	u->started += ns;
	u->run_ns += ns;
	u->vtime += weighted(u, ns);
	roll_cap_window(u, now);
	u->cap_used += min_u64(ns, now - u->cap_window);
	advance_min(q, u);
}

void sched_queue_clamp(struct sched_cpu *q, struct sched_unit *u)
{
	const uint64_t least = u->run_ns != 0 ? q->min_vtime - SCHED_SLICE_NS
					      : q->min_vtime + SCHED_SLICE_NS;

	if (pqueue_key_before(u->vtime, least)) {
		u->vtime = least;
	}
}

void sched_queue_rehome(struct sched_cpu *q, struct sched_unit *u,
			struct sched_cpu *to)
{
	u->vtime += load_relaxed(&to->min_vtime) - q->min_vtime;
	/* Release: others lock the new queue and then see the rest of u. */
	store_release(&u->cpu, to->cpu);
}

void sched_queue_insert(struct sched_cpu *q, struct sched_unit *u, uint64_t now)
{
	if (sched_queue_cap_is_used_up(u, now)) {
		u->place = PLACE_CAPPED;
		u->node.key = u->cap_window + SCHED_CAP_PERIOD_NS;
		pqueue_push(&q->capped, &u->node);
		return;
	}
	if (pqueue_key_before(q->max_vtime, u->vtime)) {
		q->max_vtime = u->vtime;
	}
	u->place = PLACE_QUEUE;
	u->node.key = u->vtime;
	pqueue_push(&q->queue, &u->node);
}

void sched_queue_remove(struct sched_cpu *q, struct sched_unit *u)
{
	if (u->place != PLACE_NONE) {
		pqueue_remove(u->place == PLACE_QUEUE ? &q->queue : &q->capped,
			      &u->node);
	}
	u->place = PLACE_NONE;
}

bool sched_queue_release_capped(struct sched_cpu *q, uint64_t now)
{
	bool released = false;

	while (q->capped.first != NULL && q->capped.first->key <= now) {
		struct sched_unit *u = unit_of(q->capped.first);

		/* Should it be capped again, then with a later key. */
		sched_queue_remove(q, u);
		sched_queue_clamp(q, u);
		sched_queue_insert(q, u, now);
		released = true;
	}
	return released;
}

void sched_queue_yield(struct sched_cpu *q, struct sched_unit *u)
{
	const uint64_t most = u->vtime + weighted(u, SCHED_SLICE_NS);
	const uint64_t behind = q->max_vtime + 1;

	if (pqueue_key_before(u->vtime, behind)) {
		u->vtime = pqueue_key_before(behind, most) ? behind : most;
	}
}

/* The running unit, accounted, is so far ahead of the first in the queue that it
 * has to make room before its slice ends. */
static bool is_far_ahead(const struct sched_unit *u,
			 const struct sched_unit *first)
{
	return pqueue_key_before(first->vtime + PREEMPT_NS, u->vtime);
}

bool sched_queue_keeps(struct sched_cpu *q, struct sched_unit *u, uint64_t now)
{
	const struct sched_unit *first = unit_of(q->queue.first);

	if (first == NULL) {
		u->picked = now;
		return true;
	}
	if (now - u->picked < SCHED_SLICE_NS) {
		return now - u->begun < MIN_RUN_NS || !is_far_ahead(u, first);
	}
	if (pqueue_key_before(first->vtime, u->vtime)) {
		return false;
	}
	u->picked = now;
	return true;
}

bool sched_queue_preempts(struct sched_cpu *q, const struct sched_unit *u,
			  uint64_t now)
{
	struct sched_unit *running = q->running;

	if (running == NULL) {
		return true;
	}
	sched_queue_account(q, running, now);
	return is_far_ahead(running, u);
}

uint64_t sched_queue_until(const struct sched_cpu *q,
			   const struct sched_unit *u)
{
	uint64_t until =
		q->capped.first != NULL ? q->capped.first->key : UINT64_MAX;
	const struct sched_unit *first = unit_of(q->queue.first);

	if (u == NULL) {
		return until;
	}
	if (first != NULL) {
		until = min_u64(until, is_far_ahead(u, first)
					       ? u->begun + MIN_RUN_NS
					       : u->picked + SCHED_SLICE_NS);
	}

	const uint64_t budget = cap_budget(u);

	if (budget != UINT64_MAX) {
		const uint64_t left =
			budget > u->cap_used ? budget - u->cap_used : 0;

		until = min_u64(until, u->started + left);
	}
	return until;
}
