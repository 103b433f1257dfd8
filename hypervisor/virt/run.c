/* SPDX-License-Identifier: MIT */
/*
 * The run loop of a pCPU.
 *
 *   run_loop():  work that is due, then a vCPU or rest, for ever
 *   run_vcpu():  enter it, handle its exits, until it blocks, yields, its slice
 *                ends or somebody wants this pCPU to look at its queue
 *
 * Interrupts are off but for two places: right after an exit that a physical
 * interrupt caused, and in idle.
 */
#include "virt/run.h"

#include "arch/x86/cpu.h"
#include "arch/x86/hooks.h"
#include "core/clock.h"
#include "core/irq.h"
#include "domain/runstate.h"
#include "domain/trace.h"
#include "mm/frames.h"
#include "mm/window.h"
#include "virt/exit.h"

/* Why run_vcpu() came back. */
struct outcome {
	bool block;
	bool yield;
};

static struct {
	uint64_t deadline; /* what the APIC timer is set to; 0: nothing */
} armed[MAX_CPUS];

void run_timer_fired(void)
{
	armed[this_cpu()].deadline = 0;
}

/* Makes the APIC timer fire at `deadline` or a little later. */
static void arm(uint64_t deadline)
{
	uint64_t *set = &armed[this_cpu()].deadline;

	if (likely(*set == deadline)) {
		return;
	}
	*set = deadline;
	if (deadline == UINT64_MAX) {
		lapic_timer_set(0);
		return;
	}

	const uint64_t now = clock_now();
	const uint64_t ns = deadline > now ? deadline - now : 0;
	const uint64_t ticks =
		min_u64(ns, NSEC_PER_SEC) * clock_apic_khz / 1000000 + 1;

	/* A far deadline is approached in steps: the interrupt re-arms. */
	lapic_timer_set((uint32_t)min_u64(ticks, UINT32_MAX));
}

/* Timers and deferred work. Some of it may wake or kick vCPUs. */
static void run_due_work(void)
{
	while (timer_run()) {
	}
	quiesce_poll();
}

/* Stops the vCPU's state from changing under us: from here on a kick either is
 * seen in `work` or makes an interrupt that ends guest mode at once. */
static bool begin_guest(struct vcpu *v)
{
	quiesce_rest_begin();
	__atomic_store_n(&v->guest_seq, v->guest_seq + 1, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&v->work, __ATOMIC_SEQ_CST) == 0 &&
	       load_relaxed(&this_pcpu()->need_resched) == 0;
}

static void end_guest(struct vcpu *v)
{
	store_release(&v->guest_seq, v->guest_seq + 1);
	quiesce_rest_end();
}

/* True when the slice is over or a timer is due; runs the timers. */
static bool after_interrupt(uint64_t until)
{
	interrupts_window();
	run_due_work();
	return clock_now() >= until;
}

static struct outcome run_vcpu(struct vcpu *v, uint64_t until)
{
	struct outcome outcome = { false, false };

	v->yield = false;
	for (;;) {
		struct vcpu_exit exit;

		if (unlikely(this_pcpu()->need_resched != 0)) {
			return outcome;
		}
		if (unlikely((v->work | v->sticky_work) != 0)) {
			deliver_work(v);
		}
		if (unlikely(v->wait != WAIT_NOTHING)) {
			outcome.block = true;
			return outcome;
		}
		arm(min_u64(until, timer_next()));
		if (likely(begin_guest(v))) {
			if (trace_is_on()) {
				trace_record(TRC_HVM_VMENTRY, NULL, 0);
			}
			virt->enter(v, &exit);
			end_guest(v);
		} else {
			end_guest(v);
			continue;
		}
		if (trace_is_on()) {
			trace_exit(v, &exit);
		}
		if (exit.kind == EXIT_INTERRUPT) {
			if (after_interrupt(until)) {
				return outcome;
			}
			continue;
		}
		exit_handle(v, &exit);
		if (trace_is_on()) {
			trace_handled(v, &exit);
		}
		if (unlikely(v->yield)) {
			outcome.yield = true;
			return outcome;
		}
	}
}

/* No vCPU to run: scrub freed memory if there is any, else halt. */
static void idle(uint64_t until)
{
	struct pcpu *p = this_pcpu();

	if (frames_scrub_some()) {
		interrupts_window();
		return;
	}
	arm(min_u64(until, timer_next()));
	quiesce_rest_begin();
	if (__atomic_load_n(&p->need_resched, __ATOMIC_SEQ_CST) == 0) {
		interrupts_wait();
	} else {
		interrupts_window();
	}
	quiesce_rest_end();
}

static void switch_vcpu(struct vcpu *from, struct vcpu *to)
{
	static uint64_t last[MAX_CPUS]; /* domain.serial */
	struct pcpu *p = this_pcpu();

	if (from != NULL) {
		runstate_write(from);
		virt->unload(from);
		p->current = NULL;
		sched_put_done(&from->unit);
	}
	if (to == NULL) {
		return;
	}
	/* What one domain's memory left in the windows is no other's. */
	const bool other_domain = last[p->id] != to->domain->serial;

	if (other_domain) {
		last[p->id] = to->domain->serial;
		window_flush();
	}
	mitigations_vcpu_switch(other_domain);
	virt->load(to);
	p->current = to;
}

void run_loop(void)
{
	struct pcpu *p = this_pcpu();
	struct outcome outcome = { false, false };
	struct vcpu *v = NULL;

	quiesce_rest_end();
	for (;;) {
		run_due_work();
		/* A wake-up by that work is in `work`, not in the queue. */
		if (v != NULL && (v->work | v->sticky_work) != 0) {
			outcome.block = false;
		}
		__atomic_store_n(&p->need_resched, 0, __ATOMIC_SEQ_CST);

		const struct sched_choice choice =
			sched_switch(v != NULL ? &v->unit : NULL, outcome.block,
				     outcome.yield);
		struct vcpu *next =
			choice.unit == NULL
				? NULL
				: container_of(choice.unit, struct vcpu, unit);

		if (next != v) {
			switch_vcpu(v, next);
		} else if (outcome.yield) {
			/* It waits for another pCPU: let the sibling thread, or
			 * an emulator's next processor, have a turn. */
			cpu_pause();
		}
		v = next;
		outcome = (struct outcome){ false, false };
		if (v == NULL) {
			idle(choice.until);
		} else {
			outcome = run_vcpu(v, choice.until);
		}
	}
}
