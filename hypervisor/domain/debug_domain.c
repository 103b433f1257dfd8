/* SPDX-License-Identifier: MIT */
/*
 * Debug keys about domains, their vCPUs, memory and run queues. They look at
 * running vCPUs without stopping them: a line may be a mix of two moments.
 */
#include "domain/debug_domain.h"

#include "arch/x86/percpu.h"
#include "core/clock.h"
#include "core/debugkeys.h"
#include "core/sched_queue.h"
#include "domain/vcpu.h"
#include "mm/frames.h"
#include "mm/heap.h"

#define UNITS_SHOWN 16

static const char *const state_names[] = {
	[DOMAIN_BUILDING] = "building",
	[DOMAIN_RUNNING] = "running",
	[DOMAIN_SHUTDOWN] = "shut down",
	[DOMAIN_DYING] = "dying",
};

static const char *const wait_names[] = {
	[WAIT_NOTHING] = "nothing", [WAIT_HALT] = "an interrupt",
	[WAIT_DEAD] = "an NMI",     [WAIT_POLL] = "a port (poll)",
	[WAIT_START] = "its start", [WAIT_DOWN] = "being brought up",
	[WAIT_STOPPED] = "its end",
};

static const char *const sched_names[] = {
	[SCHED_BLOCKED] = "blocked",
	[SCHED_RUNNABLE] = "runnable",
	[SCHED_RUNNING] = "running",
};

/* Calls show() for each domain. */
static void for_each(void (*show)(struct domain *d))
{
	for (unsigned int id = 0; id < DOMAIN_MAX_ID; id++) {
		struct domain *d = domain_find((uint16_t)id);

		if (d != NULL) {
			show(d);
		}
	}
}

static void show_vcpu(struct vcpu *v)
{
	debug_line(
		"  vCPU %u: %s on pCPU %u, waits for %s, ran %llu us, "
		"work %x+%x, paused %u, rip %llx",
		v->id, sched_names[v->unit.state], v->unit.cpu,
		wait_names[v->wait],
		(unsigned long long)(sched_run_time(&v->unit) / NSEC_PER_USEC),
		v->work, v->sticky_work, v->unit.paused,
		(unsigned long long)v->rip);
}

static void show_domain(struct domain *d)
{
	debug_line("domain %u: %s (reason %u)%s%s, %u vCPUs, weight %u cap %u",
		   d->id, state_names[d->state], d->shutdown_reason,
		   d->privileged ? ", service VM" : "",
		   d->one_to_one ? ", memory one to one" : "", d->vcpu_count,
		   d->sched.weight, d->sched.cap);
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		show_vcpu(d->vcpus[i]);
	}
}

static void show_domains(void)
{
	for_each(show_domain);
}

static void show_account(struct domain *d)
{
	debug_line("domain %u: %llu frames of at most %llu, %llu claimed, %llu "
		   "pages of the heap",
		   d->id, (unsigned long long)d->frame_count,
		   (unsigned long long)d->frame_max,
		   (unsigned long long)d->frames_claimed,
		   (unsigned long long)d->heap_pages);
}

static void show_memory(void)
{
	debug_line("heap: %llu of %llu KiB free",
		   (unsigned long long)(heap_free_bytes() >> 10),
		   (unsigned long long)(heap_total_bytes() >> 10));
	debug_line(
		"pool: %llu of %llu KiB free",
		(unsigned long long)(frames_free_count() * PAGE_SIZE >> 10),
		(unsigned long long)(frames_total_count() * PAGE_SIZE >> 10));
	for_each(show_account);
}

/* What is worth knowing of a queued unit, copied under the queue's lock. */
struct shown {
	uint16_t domain;
	uint32_t vcpu;
	uint64_t vtime;
	char mark;
};

struct shown_queue {
	struct shown units[UNITS_SHOWN];
	unsigned int count; /* in `units` */
	uint32_t queued;
	uint32_t capped;
	uint64_t min_vtime;
};

static void copy_unit(struct shown_queue *s, struct sched_unit *u, char mark)
{
	const struct vcpu *v = container_of(u, struct vcpu, unit);

	if (s->count < UNITS_SHOWN) {
		s->units[s->count++] =
			(struct shown){ v->domain->id, v->id, u->vtime, mark };
	}
}

static void copy_heap(struct shown_queue *s, const struct pqueue *heap,
		      char mark)
{
	for (uint32_t i = 0; i < heap->count; i++) {
		copy_unit(s,
			  container_of(pqueue_at(heap, i), struct sched_unit,
				       node),
			  mark);
	}
}

static void copy_queue(struct shown_queue *s, struct sched_cpu *q)
{
	spin_lock(&q->lock);
	s->queued = q->queue.count;
	s->capped = q->capped.count;
	s->min_vtime = q->min_vtime;
	if (q->running != NULL) {
		copy_unit(s, q->running, '*');
	}
	copy_heap(s, &q->queue, ' ');
	copy_heap(s, &q->capped, 'c');
	spin_unlock(&q->lock);
}

static void show_queue(unsigned int cpu)
{
	struct shown_queue s = { .count = 0 };

	copy_queue(&s, pcpu_table[cpu]->sched);
	debug_line("pCPU %u: %u queued, %u at their cap, virtual time %llu us",
		   cpu, s.queued, s.capped,
		   (unsigned long long)(s.min_vtime / NSEC_PER_USEC));
	for (unsigned int i = 0; i < s.count; i++) {
		const struct shown *u = &s.units[i];

		debug_line("  %c domain %u vCPU %u, %lld us ahead", u->mark,
			   u->domain, u->vcpu,
			   (long long)(int64_t)(u->vtime - s.min_vtime) /
				   (long long)NSEC_PER_USEC);
	}
}

static void show_queues(void)
{
	for (unsigned int cpu = 0; cpu < pcpu_count; cpu++) {
		show_queue(cpu);
	}
}

void debug_domain_init(void)
{
	debug_key_add('q', "domains and their vCPUs", show_domains);
	debug_key_add('m', "memory: heap, pool, accounts of domains",
		      show_memory);
	debug_key_add('r', "run queues (* runs, c used up its cap)",
		      show_queues);
}
