/* SPDX-License-Identifier: MIT */
#pragma once

#include "virt/virt.h"

/* Runs a decoded instruction of the vCPU that runs here: RIP moves on, or a
 * fault is injected, or (EMUL_AGAIN) the guest goes on with it by itself. */
void emulate_insn(struct vcpu *v, const struct insn *insn);
