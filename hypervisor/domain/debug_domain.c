/* SPDX-License-Identifier: MIT */
/*
 * The debug key about domains, their vCPUs and memory. It looks at running vCPUs
 * without stopping them: a line may be a mix of two moments.
 */

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

void debug_domain_init(void)
{
	debug_key_add('q', "domains, their vCPUs, memory", show_domains);
}
