/* SPDX-License-Identifier: MIT */
/* Time from the paravirtual clock, and bounded waiting. */
#pragma once

#include "lib/abi.h"

#define MILLISECOND 1000000ull
#define SECOND      1000000000ull

/* A consistent copy of `info`, by its version protocol. */
struct vcpu_time_info clock_read(const struct vcpu_time_info *info);

/* Nanoseconds at time stamp `tsc`, by the formula of xen.h. */
uint64_t clock_convert(const struct vcpu_time_info *info, uint64_t tsc);

/* System time of this vCPU; event_init() must have run. */
uint64_t clock_now(void);

/* Waits until `*word` is `want` or larger; false after `ns`. */
bool wait_for(const volatile unsigned *word, unsigned want, uint64_t ns);

/* Waits `ns` without giving up the CPU. */
void clock_spin(uint64_t ns);
