/* SPDX-License-Identifier: MIT */
/*
 * Scheduling: states of units.
 *
 * A unit belongs to the queue that unit.cpu names, and that queue's lock
 * (LOCK_SCHED) protects it; unit.cpu changes under the lock of the queue that
 * it leaves. A unit stays with its pCPU while that one holds its registers
 * (busy).
 */
#include "core/sched.h"

#include "abi/abi.h"
#include "arch/x86/hooks.h"
#include "arch/x86/percpu.h"
#include "core/clock.h"
#include "core/sched_queue.h"
#include "mm/heap.h"

int sched_cpu_init(unsigned int cpu)
{
	struct sched_cpu *q = heap_alloc(sizeof(*q));

	if (q == NULL) {
		return -XEN_ENOMEM;
	}
	sched_queue_init(q, cpu);
	pcpu_table[cpu]->sched = q;
	return 0;
}

void sched_unit_init(struct sched_unit *u, struct sched_group *g)
{
	*u = (struct sched_unit){
		.group = g,
		.affinity = cpuset_all(),
		.state = SCHED_BLOCKED,
	};
}

static void set_state(struct sched_unit *u, enum sched_state to, uint64_t now)
{
	u->state = to;
	sched_changed(u, to, now);
}

void sched_wake(struct sched_unit *u)
{
	const uint64_t now = clock_now();
	struct sched_cpu *q = sched_move_lock(u);

	switch ((enum sched_state)u->state) {
	case SCHED_RUNNABLE:
		break;
	case SCHED_RUNNING:
		u->wake_pending = true;
		break;
	case SCHED_BLOCKED:
		if (!u->retired) {
			set_state(u, SCHED_RUNNABLE, now);
		}
		break;
	}
	sched_move_place(q, u, false, now);
}

static struct sched_unit *run_first_locked(struct sched_cpu *q, uint64_t now)
{
	struct pqueue_node *n = q->queue.first;

	if (n == NULL) {
		return NULL;
	}

	struct sched_unit *u = container_of(n, struct sched_unit, node);

	sched_queue_remove(q, u);
	set_state(u, SCHED_RUNNING, now);
	u->started = now;
	u->picked = now;
	u->begun = now;
	store_relaxed(&u->busy, true);
	store_relaxed(&q->running, u);
	return u;
}

/* True when nothing could come of choosing again. Reads without the lock: who
 * changes any of this sets need_resched afterwards. */
static bool is_alone(const struct sched_cpu *q, const struct sched_unit *u)
{
	return load_relaxed(&q->queue.count) == 0 &&
	       load_relaxed(&q->capped.count) == 0 && u->group->cap == 0 &&
	       u->paused == 0 && !u->retired &&
	       cpuset_has(&u->affinity, q->cpu);
}

/* Whether the accounted unit may stay on this pCPU. */
static bool goes_on(struct sched_cpu *q, struct sched_unit *u, bool block,
		    bool yield, uint64_t now)
{
	if ((block && !u->wake_pending) || u->retired || u->paused != 0 ||
	    !cpuset_has(&u->affinity, q->cpu) ||
	    sched_queue_cap_is_used_up(u, now)) {
		return false;
	}
	if (yield && q->queue.count != 0) {
		return false;
	}
	return sched_queue_keeps(q, u, now);
}

/* Puts the running unit away and returns the next, which runs already. */
static struct sched_unit *replace_locked(struct sched_cpu *q,
					 struct sched_unit *prev, bool block,
					 bool yield, uint64_t now)
{
	const bool blocks = (block && !prev->wake_pending) || prev->retired;
	struct sched_unit *next;

	store_relaxed(&q->running, NULL);
	prev->wake_pending = false;
	set_state(prev, blocks ? SCHED_BLOCKED : SCHED_RUNNABLE, now);
	if (yield) {
		sched_queue_yield(q, prev);
	}
	/* Before prev is in the queue again: somebody else's turn. */
	next = run_first_locked(q, now);
	if (sched_move_is_placeless(prev) &&
	    cpuset_has(&prev->affinity, q->cpu)) {
		sched_queue_insert(q, prev, now);
	}
	return next;
}

/* Accounts prev and picks who runs next on the locked queue; NULL for nobody. */
static struct sched_unit *choose_locked(struct sched_cpu *q,
					struct sched_unit *prev, bool block,
					bool yield, uint64_t now)
{
	if (prev != NULL) {
		sched_queue_account(q, prev, now);
	}
	if (sched_queue_release_capped(q, now)) {
		sched_move_offer(q);
	}
	if (prev == NULL) {
		return run_first_locked(q, now);
	}
	if (goes_on(q, prev, block, yield, now)) {
		prev->wake_pending = false;
		return prev;
	}
	return replace_locked(q, prev, block, yield, now);
}

static struct sched_choice choose(struct sched_cpu *q, struct sched_unit *prev,
				  bool block, bool yield, uint64_t now)
{
	struct sched_choice choice;

	spin_lock(&q->lock);
	choice.unit = choose_locked(q, prev, block, yield, now);
	choice.until = sched_queue_until(q, choice.unit);
	spin_unlock(&q->lock);
	return choice;
}

struct sched_choice sched_switch(struct sched_unit *prev, bool block,
				 bool yield)
{
	struct sched_cpu *q = this_pcpu()->sched;

	/* A full barrier before the queue is read: see sched_move_kick(). */
	__atomic_exchange_n(&this_pcpu()->need_resched, 0, __ATOMIC_SEQ_CST);
	if (prev != NULL && !block && is_alone(q, prev)) {
		return (struct sched_choice){ prev, UINT64_MAX };
	}

	const uint64_t now = clock_now();
	struct sched_choice choice;

	sched_move_balance(q, now);
	choice = choose(q, prev, block, yield, now);
	if (choice.unit == NULL) {
		/* First this: who queues something after we looked sees it. */
		__atomic_store_n(&q->idle, true, __ATOMIC_SEQ_CST);
		if (sched_move_steal(q, now)) {
			choice = choose(q, NULL, false, false, now);
		}
	}
	if (choice.unit != NULL && choice.unit != prev) {
		__atomic_store_n(&q->idle, false, __ATOMIC_SEQ_CST);
	}
	return choice;
}

void sched_put_done(struct sched_unit *prev)
{
	struct sched_cpu *q = sched_move_lock(prev);

	assert(prev->state != SCHED_RUNNING && prev->cpu == this_cpu());
	/* Release pairs with sched_is_running(): all it did is in memory. */
	store_release(&prev->busy, false);
	if (prev->place == PLACE_QUEUE) {
		sched_move_offer(q);
	}
	sched_move_place(q, prev, true, clock_now());
}

int sched_set_affinity(struct sched_unit *u, struct cpuset set)
{
	if (!sched_move_any_online(&set)) {
		return -XEN_EINVAL;
	}

	struct sched_cpu *q = sched_move_lock(u);

	u->affinity = set;
	if (cpuset_has(&set, q->cpu)) {
		spin_unlock(&q->lock);
		return 0;
	}
	sched_queue_remove(q, u);
	if (u->state == SCHED_RUNNING) {
		sched_move_kick(q->cpu);
	}
	sched_move_place(q, u, false, clock_now());
	return 0;
}

void sched_pause(struct sched_unit *u)
{
	struct sched_cpu *q = sched_move_lock(u);

	u->paused++;
	if (u->state == SCHED_RUNNING) {
		sched_move_kick(q->cpu);
	}
	if (u->state == SCHED_RUNNABLE && u->paused == 1) {
		sched_queue_remove(q, u);
		set_state(u, SCHED_RUNNABLE, clock_now());
	}
	spin_unlock(&q->lock);
}

void sched_unpause(struct sched_unit *u)
{
	const uint64_t now = clock_now();
	struct sched_cpu *q = sched_move_lock(u);

	assert(u->paused > 0);
	u->paused--;
	if (u->state == SCHED_RUNNABLE && u->paused == 0) {
		set_state(u, SCHED_RUNNABLE, now);
	}
	sched_move_place(q, u, false, now);
}

void sched_unit_retire(struct sched_unit *u)
{
	struct sched_cpu *q = sched_move_lock(u);

	u->retired = true;
	switch ((enum sched_state)u->state) {
	case SCHED_BLOCKED:
		break;
	case SCHED_RUNNABLE:
		sched_queue_remove(q, u);
		set_state(u, SCHED_BLOCKED, clock_now());
		break;
	case SCHED_RUNNING:
		sched_move_kick(q->cpu);
		break;
	}
	spin_unlock(&q->lock);
}

bool sched_is_running(const struct sched_unit *u)
{
	/* Acquire pairs with the release in sched_put_done(). */
	return load_acquire(&u->busy);
}

uint64_t sched_run_time(struct sched_unit *u)
{
	struct sched_cpu *q = sched_move_lock(u);
	uint64_t ns = u->run_ns;

	if (u->state == SCHED_RUNNING) {
		ns += clock_now() - u->started;
	}
	spin_unlock(&q->lock);
	return ns;
}
