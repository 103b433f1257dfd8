/* SPDX-License-Identifier: MIT */
/*
 * How units get into queues and from one to another.
 *
 * Two queues are never locked at once: a unit on its way is RUNNABLE in no
 * queue, and whoever finds it so may put it into one.
 */
#include "core/sched_queue.h"

#include "arch/x86/percpu.h"

#define NO_CPU     UINT32_MAX
#define BALANCE_NS (20 * NSEC_PER_MSEC)
#define MOVE_SCAN  16u /* queued units looked at to find one that may move */

static struct sched_cpu *queue_of(uint32_t cpu)
{
	return pcpu_table[cpu]->sched;
}

static bool cpu_is_online(uint32_t cpu)
{
	return cpu < pcpu_count && queue_of(cpu) != NULL;
}

struct sched_cpu *sched_move_lock(const struct sched_unit *u)
{
	for (;;) {
		/* Both acquire: pairs with the release in
		 * sched_queue_rehome(), whose caller does not hold the lock
		 * of the queue that the unit comes to. */
		const uint32_t cpu = load_acquire(&u->cpu);
		struct sched_cpu *q = queue_of(cpu);

		spin_lock(&q->lock);
		if (load_acquire(&u->cpu) == cpu) {
			return q;
		}
		spin_unlock(&q->lock);
	}
}

void sched_move_kick(uint32_t cpu)
{
	/* Pairs with the exchange in sched_switch() and the idle loop. */
	__atomic_store_n(&pcpu_table[cpu]->need_resched, 1, __ATOMIC_SEQ_CST);
	if (cpu != this_cpu()) {
		smp_kick(cpu);
	}
}

static bool idle_clear(uint32_t cpu)
{
	bool *idle = &queue_of(cpu)->idle;

	return __atomic_load_n(idle, __ATOMIC_SEQ_CST) &&
	       __atomic_exchange_n(idle, false, __ATOMIC_SEQ_CST);
}

/* Takes an idle pCPU of the set for the caller, its own first; or NO_CPU. */
static uint32_t idle_claim(const struct cpuset *allowed, uint32_t own)
{
	if (cpuset_has(allowed, own) && idle_clear(own)) {
		return own;
	}
	for (uint32_t cpu = 0; cpu < pcpu_count; cpu++) {
		if (cpuset_has(allowed, cpu) && cpu_is_online(cpu) &&
		    idle_clear(cpu)) {
			return cpu;
		}
	}
	return NO_CPU;
}

/* The allowed pCPU with the least load, `own` if it is among them; NO_CPU when
 * none is allowed. */
static uint32_t shortest_queue(const struct cpuset *allowed, uint32_t own)
{
	uint32_t best = NO_CPU;
	unsigned int best_load = 0;

	for (uint32_t cpu = 0; cpu < pcpu_count; cpu++) {
		if (!cpuset_has(allowed, cpu) || !cpu_is_online(cpu)) {
			continue;
		}

		const unsigned int load = sched_queue_load(queue_of(cpu));

		if (best == NO_CPU || load < best_load ||
		    (load == best_load && cpu == own)) {
			best = cpu;
			best_load = load;
		}
	}
	return best;
}

/* Where a unit of queue q should go. NO_CPU: nowhere yet, it is still busy here
 * and sched_put_done() will go on. */
static uint32_t choose_cpu(const struct sched_cpu *q,
			   const struct sched_unit *u, bool stay)
{
	const bool here = cpuset_has(&u->affinity, q->cpu);

	if (u->busy) {
		return here ? q->cpu : NO_CPU;
	}
	if (here && stay) {
		return q->cpu;
	}

	const uint32_t idle = idle_claim(&u->affinity, q->cpu);

	return idle != NO_CPU ? idle : shortest_queue(&u->affinity, q->cpu);
}

bool sched_move_is_placeless(const struct sched_unit *u)
{
	return u->state == SCHED_RUNNABLE && u->place == PLACE_NONE &&
	       u->paused == 0;
}

bool sched_move_any_online(const struct cpuset *set)
{
	return shortest_queue(set, 0) != NO_CPU;
}

void sched_move_offer(const struct sched_cpu *q)
{
	const struct cpuset all = cpuset_all();
	const uint32_t idle = idle_claim(&all, q->cpu);

	if (idle != NO_CPU) {
		sched_move_kick(idle);
	}
}

static void insert_locked(struct sched_cpu *q, struct sched_unit *u,
			  uint64_t now)
{
	/* Brings min_vtime up to date, which the clamp needs. */
	if (q->running != NULL) {
		sched_queue_account(q, q->running, now);
	}
	sched_queue_clamp(q, u);
	sched_queue_insert(q, u, now);
}

/* Who has to know that `u` was put into queue q. */
static uint32_t kick_target(struct sched_cpu *q, const struct sched_unit *u,
			    uint64_t now)
{
	if (u->place == PLACE_CAPPED || sched_queue_preempts(q, u, now)) {
		return q->cpu;
	}
	/* Somebody may have become idle while we looked for a queue. */
	if (!u->busy) {
		const uint32_t idle = idle_claim(&u->affinity, q->cpu);

		if (idle != NO_CPU) {
			return idle;
		}
	}
	/* A unit that was alone so far has no end of its slice. */
	return q->queue.count == 1 ? q->cpu : NO_CPU;
}

void sched_move_place(struct sched_cpu *q, struct sched_unit *u, bool stay,
		      uint64_t now)
{
	uint32_t kicked = NO_CPU;

	while (sched_move_is_placeless(u)) {
		const uint32_t cpu = choose_cpu(q, u, stay);

		if (cpu == NO_CPU) {
			break;
		}
		if (cpu == q->cpu) {
			insert_locked(q, u, now);
			kicked = kick_target(q, u, now);
			break;
		}
		sched_queue_rehome(q, u, queue_of(cpu));
		spin_unlock(&q->lock);
		q = sched_move_lock(u);
		stay = true;
	}
	spin_unlock(&q->lock);
	if (kicked != NO_CPU) {
		sched_move_kick(kicked);
	}
}

/* Takes a unit that may run on `cpu` out of the locked queue; it belongs to
 * that pCPU then, but is in no queue. NULL when there is none near the front. */
static struct sched_unit *extract_for(struct sched_cpu *q, uint32_t cpu)
{
	struct pqueue_node *n = q->queue.first;

	for (uint32_t i = 0; i < MOVE_SCAN && n != NULL; i++, n = n->next) {
		struct sched_unit *u = container_of(n, struct sched_unit, node);

		if (!u->busy && cpuset_has(&u->affinity, cpu)) {
			sched_queue_remove(q, u);
			sched_queue_rehome(q, u, queue_of(cpu));
			return u;
		}
	}
	return NULL;
}

/* Takes a waiting unit from another queue into q, which is not locked. */
static bool steal_from(struct sched_cpu *victim, struct sched_cpu *q,
		       uint64_t now)
{
	struct sched_unit *u = NULL;

	spin_lock(&victim->lock);
	/* A single unit that nobody runs is about to be run there. */
	if (sched_queue_load(victim) >= 2) {
		u = extract_for(victim, q->cpu);
	}
	spin_unlock(&victim->lock);
	if (u == NULL) {
		return false;
	}

	struct sched_cpu *now_in = sched_move_lock(u);

	if (now_in == q && sched_move_is_placeless(u) &&
	    cpuset_has(&u->affinity, q->cpu)) {
		insert_locked(q, u, now);
		spin_unlock(&q->lock);
		return true;
	}
	/* Somebody changed its affinity or paused it on the way. */
	sched_move_place(now_in, u, true, now);
	return false;
}

/* Finds work for an idle pCPU, among its nearest neighbours first. */
bool sched_move_steal(struct sched_cpu *q, uint64_t now)
{
	for (uint32_t i = 1; i < pcpu_count; i++) {
		const uint32_t cpu = (q->cpu + i) % pcpu_count;

		if (cpu_is_online(cpu) && sched_queue_load(queue_of(cpu)) > 1 &&
		    steal_from(queue_of(cpu), q, now)) {
			return true;
		}
	}
	return false;
}

/*
 * Gives a unit away when another queue is shorter by two or more. The longer
 * queue does it, since it has slices that end; a unit that is alone on its pCPU
 * does not come by here.
 */
void sched_move_balance(struct sched_cpu *q, uint64_t now)
{
	const struct cpuset all = cpuset_all();

	if (now < q->balance_at) {
		return;
	}
	q->balance_at = now + BALANCE_NS;

	const uint32_t to = shortest_queue(&all, q->cpu);

	if (sched_queue_load(q) < sched_queue_load(queue_of(to)) + 2) {
		return;
	}
	spin_lock(&q->lock);

	struct sched_unit *u = extract_for(q, to);

	spin_unlock(&q->lock);
	if (u != NULL) {
		sched_move_place(sched_move_lock(u), u, true, now);
	}
}
