/* SPDX-License-Identifier: MIT */
/*
 * Looks are counted, not seconds: a machine that was stopped as a whole (an
 * emulator, a debugger) makes no false alarm.
 *
 * A pCPU in guest mode or idle is never stuck: there it has interrupts. One that
 * works is alive when it passed a quiescent point or ran its own timer.
 */
#include "core/pcpu_watch.h"

#include "arch/x86/hooks.h"
#include "arch/x86/lapic.h"
#include "arch/x86/percpu.h"
#include "arch/x86/traps.h"
#include "core/clock.h"
#include "core/timer.h"
#include "mm/heap.h"

#define PERIOD_NS NSEC_PER_SEC

struct watch {
	struct timer timer;
	uint64_t ticks;     /* atomic: times the timer ran; neighbour reads */
	uint32_t suspected; /* atomic: set by the neighbour with its NMI */
	/* About the neighbour: */
	unsigned int cpu;
	unsigned int misses; /* looks in a row without a sign */
	uint64_t seen;       /* signs of life at the last look */
};

bool pcpu_watch_wanted = true;

static struct watch *watches; /* by pCPU; NULL: not watching */

/* A count that grows as long as the pCPU lives. */
static uint64_t signs_of(unsigned int cpu)
{
	return load_relaxed(&pcpu_table[cpu]->passes) +
	       load_relaxed(&watches[cpu].ticks);
}

static bool is_alive(unsigned int cpu, uint64_t seen)
{
	return load_relaxed(&pcpu_table[cpu]->resting) != 0 ||
	       signs_of(cpu) != seen;
}

static void look(struct watch *w)
{
	if (is_alive(w->cpu, w->seen)) {
		w->seen = signs_of(w->cpu);
		w->misses = 0;
		return;
	}
	w->misses++;
	if (w->misses == PCPU_WATCH_LIMIT) {
		__atomic_store_n(&watches[w->cpu].suspected, 1,
				 __ATOMIC_SEQ_CST);
		lapic_send(pcpu_table[w->cpu]->apic_id, LAPIC_NMI);
	} else if (w->misses == 2 * PCPU_WATCH_LIMIT) {
		panic("pCPU %u is stuck and takes no NMI\n", w->cpu);
	}
}

static void tick(struct timer *t)
{
	struct watch *w = container_of(t, struct watch, timer);

	pcpu_watch_touch();
	look(w);
	timer_set(t, clock_now() + PERIOD_NS);
}

void pcpu_watch_touch(void)
{
	if (watches != NULL) {
		__atomic_add_fetch(&watches[this_cpu()].ticks, 1,
				   __ATOMIC_RELAXED);
	}
}

bool pcpu_watch_nmi(const struct trap_frame *f)
{
	const unsigned int cpu = this_cpu();

	if (watches == NULL || __atomic_exchange_n(&watches[cpu].suspected, 0,
						   __ATOMIC_SEQ_CST) == 0) {
		return false;
	}

	const struct watch *by = &watches[(cpu + pcpu_count - 1) % pcpu_count];

	/* It may have come back to life just before the NMI reached it. */
	if (!is_alive(cpu, by->seen)) {
		panic_at(f, "stuck: %u s without a pass of the run loop\n",
			 PCPU_WATCH_LIMIT);
	}
	return true;
}

void pcpu_watch_start(void)
{
	if (!pcpu_watch_wanted || pcpu_count < 2) {
		log_info("no watchdog: %s\n",
			 pcpu_watch_wanted ? "a single pCPU has no neighbour"
					   : "turned off by option");
		return;
	}

	struct watch *w = heap_alloc(pcpu_count * sizeof(*w));

	if (w == NULL) {
		log_warning("no watchdog: out of memory\n");
		return;
	}
	watches = w;
	for (unsigned int i = 0; i < pcpu_count; i++) {
		w[i].cpu = (i + 1) % pcpu_count;
		timer_init(&w[i].timer, tick);
		timer_set(&w[i].timer, clock_now() + PERIOD_NS);
		timer_migrate(&w[i].timer, i);
	}
}
