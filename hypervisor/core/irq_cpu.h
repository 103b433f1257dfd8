/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/cpuset.h"

/* Once for each pCPU, before its interrupts. 0 or -XEN_ENOMEM. */
int irq_cpu_init(unsigned int cpu) must_check;
