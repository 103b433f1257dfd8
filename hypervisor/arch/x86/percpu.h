/* SPDX-License-Identifier: MIT */
/*
 * The per-CPU area. GS points at it whenever the hypervisor runs; the first
 * field points at the area itself.
 */
#pragma once

#include "lib/types.h"

struct vcpu;
struct sched_cpu;
struct timer_cpu;
struct window_cpu;

struct pcpu {
	struct pcpu *self;
	uint32_t id;      /* (o) dense number, 0 is the boot CPU */
	uint32_t apic_id; /* (o) physical APIC id */

	struct vcpu *current;       /* vCPU in the run loop, or NULL */
	struct sched_cpu *sched;    /* (o) core/sched.c */
	struct timer_cpu *timer;    /* (o) core/timer.c */
	struct window_cpu *windows; /* (o) mm/window.c */
	uint64_t window_changes; /* mm/window.c: a window got another frame */
	void *arch;              /* (o) descriptor tables, stacks: arch/cpu.c */
	void *virt;              /* (o) vendor's per-CPU state */

	/* Written by this CPU, read by others (core/quiesce.c, tlb). */
	uint64_t passes;      /* times the run loop was passed */
	uint8_t resting;      /* 1 in guest mode or idle: holds no references */
	uint8_t need_resched; /* set with an IPI: look at the run queue */
	uint8_t lock_depth;   /* debug: locks held */
	uint8_t locks[16];    /* debug: their ranks */
};

extern struct pcpu *pcpu_table[]; /* by dense number, NULL beyond */
extern unsigned int pcpu_count;

static inline struct pcpu *this_pcpu(void)
{
	struct pcpu *p;

	__asm__("movq %%gs:0, %0" : "=r"(p));
	return p;
}

static inline unsigned int this_cpu(void)
{
	return this_pcpu()->id;
}
