/* SPDX-License-Identifier: MIT */
#pragma once

#include "arch/x86/regs.h"
#include "domain/vcpu.h"

/* What CPUID says to the vCPU that runs here. */
struct cpuid_regs cpuid_guest(struct vcpu *v, uint32_t leaf, uint32_t subleaf);
