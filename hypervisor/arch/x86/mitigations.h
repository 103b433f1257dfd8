/* SPDX-License-Identifier: MIT */
/*
 * What is done against speculation leaking data between guests and from the
 * hypervisor: chosen once, on the boot CPU, from what the CPU offers.
 */
#pragma once

#include "lib/types.h"

/* Boot CPU, after features_init(): chooses, and says so in one line. */
void mitigations_init(void);
/* Every CPU, the boot CPU after mitigations_init(). */
void mitigations_cpu_init(void);
/* Run loop, before another vCPU is entered; `other_domain` when the last one on
 * this pCPU was not of its domain. */
void mitigations_vcpu_switch(bool other_domain);
