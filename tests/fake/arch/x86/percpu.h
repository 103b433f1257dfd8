/* SPDX-License-Identifier: MIT */
/* The real struct pcpu; a test says which one is "this CPU". */
#pragma once

#define this_pcpu real_this_pcpu
#define this_cpu  real_this_cpu
#include "../../../../hypervisor/arch/x86/percpu.h"
#undef this_pcpu
#undef this_cpu

#define FAKE_CPUS 8

/* FAKE_CPUS areas, ready to use; ids are their index. */
extern struct pcpu fake_pcpus[FAKE_CPUS];
/* This thread's CPU, at first 0. */
extern _Thread_local unsigned int fake_cpu;

static inline struct pcpu *this_pcpu(void)
{
	return &fake_pcpus[fake_cpu];
}

static inline unsigned int this_cpu(void)
{
	return fake_cpu;
}
