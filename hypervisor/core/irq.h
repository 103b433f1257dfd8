/* SPDX-License-Identifier: MIT */
/*
 * Physical interrupts: vectors and their handlers. Handlers run on the pCPU's
 * stack at one of the two interrupt points of the run loop, with nothing held.
 */
#pragma once

#include "arch/x86/lapic.h"
#include "lib/cpuset.h"

typedef void (*irq_handler_t)(unsigned int vector, void *context);

/* Reserves a device vector and its handler on `cpu` (vectors are per pCPU).
 * Returns the vector or -XEN_ENOSPC. */
int irq_vector_alloc(unsigned int cpu, irq_handler_t handler,
		     void *context) must_check;
void irq_vector_free(unsigned int cpu, unsigned int vector);
/* Hook, defined in virt/run.c: the timer of the local APIC has run out. */
void run_timer_fired(void);
/* Handlers call this when the local APIC may go on. Edge and MSI: at once. */
void irq_eoi(void);

/* Once for each pCPU, before its interrupts. 0 or -XEN_ENOMEM. */
int irq_cpu_init(unsigned int cpu) must_check;
