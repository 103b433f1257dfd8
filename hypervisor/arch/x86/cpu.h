/* SPDX-License-Identifier: MIT */
/* One CPU's descriptor tables, stacks and control registers. */
#pragma once

#include "arch/x86/percpu.h"

#define CPU_CODE_SELECTOR 0x08
#define CPU_DATA_SELECTOR 0x10
#define CPU_TSS_SELECTOR  0x18

#define CPU_IST_NMI       1
#define CPU_IST_DF        2
#define CPU_IST_MC        3

/* Allocates the per-CPU area, its stacks and tables. NULL: out of memory. */
struct pcpu *cpu_create(unsigned int id, uint32_t apic_id);
/* The top of its main stack. */
uint64_t cpu_stack_top(const struct pcpu *p);
/* Loads everything on the CPU that runs this; GS points at `p` afterwards. */
void cpu_load(struct pcpu *p);
/* Goes on in `entry` on the main stack of the CPU that runs this. */
void cpu_leave_stack(void (*entry)(void)) noreturn;
/* Names the stack an address is in, for crash reports; NULL if in none. */
const char *cpu_stack_name(uint64_t address);

/*
 * What is done against speculation leaking data between guests and from the
 * hypervisor: chosen once, on the boot CPU, from what the CPU offers.
 */

/* Boot CPU, after features_init(): chooses, and says so in one line. */
void mitigations_init(void);
/* Every CPU, the boot CPU after mitigations_init(). */
void mitigations_cpu_init(void);
/* Run loop, before another vCPU is entered; `other_domain` when the last one on
 * this pCPU was not of its domain. */
void mitigations_vcpu_switch(bool other_domain);

/*
 * Machine checks: errors that the hardware found (AMD APM 2, chapter 9; Intel
 * SDM 3B, chapter 15). An uncorrected one ends in a panic: we cannot tell whose
 * data it was. Nothing polls for corrected ones; they are said when they come
 * along with an exception, and at boot when the firmware left some.
 */

struct trap_frame;

/* Every CPU, once: turns all banks on, reports what they held. */
void mce_cpu_init(void);
/* Vector 18 while the hypervisor ran; from trap_entry(), on its own stack. */
void mce_received(const struct trap_frame *f);
/* The same exception ended guest mode. */
void mce_in_guest(void);
