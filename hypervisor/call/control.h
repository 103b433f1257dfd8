/* SPDX-License-Identifier: MIT */
/* What sysctl and domctl have in common. */
#pragma once

#include "call/call.h"
#include "lib/cpuset.h"

/* About a domain, as tools want to know it. */
void control_domain_info(struct domain *d,
			 struct xen_domctl_getdomaininfo *info);

/* A set of pCPUs in the caller's bitmap; as many bits as it has room for. 0 or
 * -XEN_EFAULT. */
int control_put_cpus(struct call *c, const struct xenctl_bitmap *map,
		     const struct cpuset *set) must_check;
int control_get_cpus(struct call *c, const struct xenctl_bitmap *map,
		     struct cpuset *set) must_check;

/* Those that are there. */
struct cpuset control_online_cpus(void);

/*
 * Runs the row for a control call whose argument, at `c->arg[0]`, begins with
 * the command and the version of the interface. -XEN_EPERM, -XEN_EFAULT, and
 * -XEN_EACCES for another version than ours.
 */
long control_run(struct call *c, const struct call_op *rows, size_t count,
		 uint32_t version);
