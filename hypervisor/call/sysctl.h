/* SPDX-License-Identifier: MIT */
/* Rows of HYPERVISOR_sysctl in other files; `arg` is a struct xen_sysctl. */
#pragma once

#include "call/call.h"

/* cpu_policy.c */
long sysctl_get_cpu_policy(struct call *c, void *arg);
long sysctl_get_cpu_featureset(struct call *c, void *arg);
/* sysctl_topology.c */
long sysctl_cputopoinfo(struct call *c, void *arg);
long sysctl_numainfo(struct call *c, void *arg);
long sysctl_cpupool_op(struct call *c, void *arg);
/* sysctl_trace.c */
long sysctl_tbuf_op(struct call *c, void *arg);
