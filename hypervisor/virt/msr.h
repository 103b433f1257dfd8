/* SPDX-License-Identifier: MIT */
#pragma once

#include "domain/vcpu.h"

/* RDMSR and WRMSR of the vCPU that runs here. False: #GP. */
bool msr_read(struct vcpu *v, uint32_t msr, uint64_t *value);
bool msr_write(struct vcpu *v, uint32_t msr, uint64_t value);
