/* SPDX-License-Identifier: MIT */
#pragma once

#include "virt/virt.h"

/* A nested page fault: memory that is not mapped, or not writable. */
void memory_exit(struct vcpu *v, const struct vcpu_exit *exit);

/* Fetches, decodes and runs the instruction at RIP over the vCPU's memory,
 * device memory and ports. `exit` is the memory fault behind it, or NULL. */
void memory_exit_emulate(struct vcpu *v, const struct vcpu_exit *exit);
