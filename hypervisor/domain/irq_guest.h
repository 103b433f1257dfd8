/* SPDX-License-Identifier: MIT */
/* Where to take physical interrupts that are meant for a guest. */
#pragma once

struct vcpu;

/* The pCPU that this vCPU (NULL: no matter) ran on last, if a physical
 * destination of eight bits can name it; else the first. */
unsigned int irq_guest_cpu(const struct vcpu *v);
