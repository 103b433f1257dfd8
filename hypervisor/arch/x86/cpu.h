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
