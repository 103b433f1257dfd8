/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

/* Measures TSC and APIC timer against the PIT. Boot CPU, APIC enabled. */
void clock_init(void);

extern uint32_t clock_apic_khz; /* ticks of the APIC timer per ms */
