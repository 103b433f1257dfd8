/* SPDX-License-Identifier: MIT */
/* A guest under a debugger in the service VM. */
#pragma once

#include "virt/virt.h"

/* A new debugger, or none any more: nothing is left of what the one before had
 * asked of single vCPUs. -XEN_EINVAL: the domain dies. No lock is held. */
int debug_attach(struct domain *d, bool attached) must_check;
/* One instruction, then it stops: `v` when it goes on. -XEN_EINVAL: nobody
 * debugs the domain, or it dies. No lock is held. */
int debug_step(struct vcpu *v, bool step) must_check;
/* The vCPU that runs here stops with its domain, and the service VM is told. */
void debug_stop(struct vcpu *v, uint8_t vector);

/* Rows of exit.c. */
void debug_exit_trap(struct vcpu *v, const struct vcpu_exit *exit);
void debug_exit_breakpoint(struct vcpu *v, const struct vcpu_exit *exit);
void debug_exit_software(struct vcpu *v, const struct vcpu_exit *exit);
