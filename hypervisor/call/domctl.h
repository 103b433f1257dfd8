/* SPDX-License-Identifier: MIT */
/* Between the files of HYPERVISOR_domctl. */
#pragma once

#include "call/call.h"

/*
 * What an operation is about. 0, -XEN_ESRCH (no such domain or vCPU). A domain
 * that dies can still be asked; domctl_live() refuses it with -XEN_EINVAL.
 */
int domctl_domain(uint16_t domid, struct domain **out) must_check;
int domctl_live(uint16_t domid, struct domain **out) must_check;
/* Another domain than the caller, which cannot do this to itself: -XEN_EINVAL. */
int domctl_other(struct call *c, uint16_t domid,
		 struct domain **out) must_check;
int domctl_vcpu(uint16_t domid, uint32_t vcpu, struct vcpu **out) must_check;

/* What getdomaininfo says. */
void domctl_describe(struct domain *d, struct xen_domctl_getdomaininfo *info);

/* Rows of the table; `arg` is a struct xen_domctl. */

/* cpu_policy.c */
long domctl_get_cpu_policy(struct call *c, void *arg);
long domctl_set_cpu_policy(struct call *c, void *arg);
/* domctl_create.c */
long domctl_createdomain(struct call *c, void *arg);
/* domctl_debug.c */
long domctl_setdebugging(struct call *c, void *arg);
long domctl_debug_op(struct call *c, void *arg);
long domctl_gdbsx_pausevcpu(struct call *c, void *arg);
long domctl_gdbsx_unpausevcpu(struct call *c, void *arg);
long domctl_gdbsx_domstatus(struct call *c, void *arg);
long domctl_sendtrigger(struct call *c, void *arg);
long domctl_resumedomain(struct call *c, void *arg);
/* domctl_info.c */
long domctl_getdomaininfo(struct call *c, void *arg);
long domctl_getvcpuinfo(struct call *c, void *arg);
long domctl_activity(struct call *c, void *arg);
/* domctl_memory.c */
long domctl_gdbsx_guestmemio(struct call *c, void *arg);
/* domctl_sched.c */
long domctl_scheduler_op(struct call *c, void *arg);
long domctl_setvcpuaffinity(struct call *c, void *arg);
long domctl_getvcpuaffinity(struct call *c, void *arg);
