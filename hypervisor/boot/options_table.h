/* SPDX-License-Identifier: MIT */
/* What can be said on the hypervisor's command line. */
#pragma once

#include "lib/types.h"

enum svcvm_crash { SVCVM_CRASH_STOP, SVCVM_CRASH_REBOOT, SVCVM_CRASH_OFF };

extern uint64_t option_svcvm_mem;    /* bytes, 0 = all that is left */
extern uint32_t option_svcvm_vcpus;  /* 0 = one for each pCPU */
extern uint32_t option_svcvm_weight; /* 1..SCHED_WEIGHT_MAX */
extern bool option_svcvm_privileged; /* false: for tests of a plain guest */
extern uint32_t option_svcvm_crash;  /* enum svcvm_crash */
extern uint32_t option_max_cpus;     /* 0 = all */
extern bool option_iommu;            /* false: leave DMA remapping off */
extern bool option_reboot;           /* false: stop where a reboot is due */

/* Reads the boot loader's line; returns what follows "--", or NULL. */
const char *options_read(const char *line);
