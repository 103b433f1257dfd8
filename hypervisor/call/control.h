/* SPDX-License-Identifier: MIT */
/* What the control calls of the service VM have in common. */
#pragma once

#include "call/call.h"
#include "lib/cpuset.h"

/*
 * Runs the row for a control call whose argument, at `c->arg[0]`, begins with
 * the command and the version of the interface. -XEN_EFAULT, and -XEN_EACCES
 * for another version than ours. dispatch.c has checked the caller.
 */
long control_run(struct call *c, const struct call_op *rows, size_t count,
		 uint32_t version);

/* As many bits of the guest's map as it has room for, and as there are pCPUs:
 * 0 or -XEN_EFAULT. */
int control_write_cpus(struct call *c, const struct xenctl_bitmap *map,
		       const struct cpuset *set) must_check;
/* The bits of the guest's map that name a pCPU; the others are not looked at. 0 or
 * -XEN_EFAULT. */
int control_read_cpus(struct call *c, const struct xenctl_bitmap *map,
		      struct cpuset *set) must_check;
