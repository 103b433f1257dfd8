/* SPDX-License-Identifier: MIT */
#pragma once

#include "virt/virt.h"

/*
 * Fetches, decodes and runs the instruction at RIP over the vCPU's memory,
 * device memory and ports. `exit` is the memory fault behind it, or NULL. RIP
 * moves on, or a fault is injected, or the guest goes on with it by itself.
 */
void emulate_insn(struct vcpu *v, const struct vcpu_exit *exit);
