/* SPDX-License-Identifier: MIT */
/* Time since the hypervisor started, in nanoseconds, from the TSC. */
#pragma once

#include "lib/types.h"

/* ns = ((tsc - base) shifted by shift) * mul >> 32, as the pvclock ABI has it. */
struct clock_scale {
	uint64_t tsc_base;
	uint64_t ns_base;
	uint32_t mul;
	int8_t shift;
	bool tsc_stable; /* invariant, synchronised on all pCPUs */
	uint32_t tsc_khz;
};

extern struct clock_scale clock_scale; /* constant after clock_init() */

/* Monotonic, the same on every pCPU. */
uint64_t clock_now(void);
uint64_t clock_of_tsc(uint64_t tsc);

/* UTC at clock 0, in seconds and nanoseconds; the service VM may set it. */
void clock_wall_get(uint64_t *sec, uint32_t *nsec);
void clock_wall_set(uint64_t sec, uint32_t nsec, uint64_t at_ns);

/* Measures TSC and APIC timer against the PIT. Boot CPU, APIC enabled. */
void clock_init(void);

extern uint32_t clock_apic_khz; /* ticks of the APIC timer per ms */
