/* SPDX-License-Identifier: MIT */
/*
 * Debug keys about domains, their vCPUs, memory, ports and run queues. They look
 * at running vCPUs without stopping them: a line may be a mix of two moments.
 */
#include "domain/debug_domain.h"

#include "core/clock.h"
#include "core/debugkeys.h"
#include "core/sched_queue.h"
#include "domain/event_port.h"
#include "mm/frames.h"
#include "mm/heap.h"

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

static const char *const port_names[] = {
	[EVENT_UNBOUND] = "to be bound by domain",
	[EVENT_INTERDOMAIN] = "to domain",
	[EVENT_VIRQ] = "VIRQ",
	[EVENT_IPI] = "IPI",
};

static void show_vcpu(struct vcpu *v)
{
	debug_line("  vCPU %u: %s on pCPU %u, waits for %s, ran %lu us, "
		   "work %x+%x, paused %u, rip %lx",
		   v->id, sched_names[v->unit.state], v->unit.cpu,
		   wait_names[v->wait],
		   sched_run_time(&v->unit) / NSEC_PER_USEC, v->work,
		   v->sticky_work, v->unit.paused, v->rip);
}

static void show_domain(struct domain *d)
{
	debug_line("domain %u: %s (reason %u)%s%s, %u vCPUs, weight %u cap %u, "
		   "%lu of %lu frames, %lu pages of the heap",
		   d->id, state_names[d->state], d->shutdown_reason,
		   d->privileged ? ", service VM" : "",
		   d->one_to_one ? ", memory one to one" : "", d->vcpu_count,
		   d->sched.weight, d->sched.cap, d->frame_count, d->frame_max,
		   d->heap_pages);
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		show_vcpu(d->vcpus[i]);
	}
}

static void show_domains(void)
{
	for (unsigned int id = 0; id < DOMAIN_MAX_ID; id++) {
		struct domain *d = domain_find((uint16_t)id);

		if (d != NULL) {
			show_domain(d);
		}
	}
	debug_line("heap: %lu of %lu KiB free, pool: %lu of %lu KiB free",
		   heap_free_bytes() >> 10, heap_total_bytes() >> 10,
		   frames_free_count() * PAGE_SIZE >> 10,
		   frames_total_count() * PAGE_SIZE >> 10);
}

static void show_unit(const struct sched_cpu *q, struct sched_unit *u,
		      const char *mark)
{
	const struct vcpu *v = container_of(u, struct vcpu, unit);

	debug_line("  %s domain %u vCPU %u, %ld us ahead", mark, v->domain->id,
		   v->id,
		   (int64_t)(u->vtime - q->min_vtime) / (int64_t)NSEC_PER_USEC);
}

static void show_units(const struct sched_cpu *q, const struct pqueue *queue,
		       const char *mark)
{
	for (struct pqueue_node *n = queue->first; n != NULL; n = n->next) {
		show_unit(q, container_of(n, struct sched_unit, node), mark);
	}
}

static void show_queues(void)
{
	for (unsigned int cpu = 0; cpu < pcpu_count; cpu++) {
		struct sched_cpu *q = pcpu_table[cpu]->sched;

		spin_lock(&q->lock);
		debug_line("pCPU %u: %u queued, %u at their cap", cpu,
			   q->queue.count, q->capped.count);
		if (q->running != NULL) {
			show_unit(q, q->running, "*");
		}
		show_units(q, &q->queue, " ");
		show_units(q, &q->capped, "c");
		spin_unlock(&q->lock);
	}
}

static void show_events(void)
{
	struct domain *d = domain_find(0);
	const uint32_t ports = d == NULL ? 0 : d->events->max_ports;

	for (uint32_t port = 0; port < ports; port++) {
		struct event_port *p = event_port_find(d, port);

		if (p == NULL || event_bind_read(p).kind == EVENT_FREE) {
			continue;
		}

		const union event_bind bind = event_bind_read(p);

		debug_line("port %u: %s %u:%u, vCPU %u%s", port,
			   port_names[bind.kind], bind.domid, bind.port,
			   p->vcpu,
			   (d->events->abi->state(d, port) & EVENT_PENDING) != 0
				   ? ", pending"
				   : "");
	}
}

void debug_domain_init(void)
{
	debug_key_add('q', "domains, their vCPUs, memory", show_domains);
	debug_key_add('r', "run queues (* runs, c used up its cap)",
		      show_queues);
	debug_key_add('e', "event ports of the service VM", show_events);
}
