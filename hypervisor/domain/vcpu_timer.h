/* SPDX-License-Identifier: MIT */
/* A vCPU's one-shot timer: raises VIRQ_TIMER at a system time in ns. */
#pragma once

#include "domain/vcpu.h"

void vcpu_timer_init(struct vcpu *v);
/* A deadline in the past fires at once. For the vCPU that runs here. */
void vcpu_timer_set(struct vcpu *v, uint64_t deadline);
void vcpu_timer_stop(struct vcpu *v);
