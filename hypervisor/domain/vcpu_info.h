/* SPDX-License-Identifier: MIT */
/* The place of a vCPU's struct vcpu_info in its guest's memory. */
#pragma once

#include "domain/vcpu.h"

/*
 * Moves it from shared_info to a frame of the guest, once (VCPUOP_register_
 * vcpu_info). `v` runs here or was never started. -XEN_EINVAL: not that, a
 * second call, no RAM of its own there; -XEN_ENXIO: crosses the page.
 */
int vcpu_info_register(struct vcpu *v, gfn_t where, uint32_t offset) must_check;
/* What a vCPU registered goes: vcpu_info, run-state and time areas. For reset
 * and teardown, when it does not run. */
void vcpu_info_release(struct vcpu *v);
