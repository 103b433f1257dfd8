/* SPDX-License-Identifier: MIT */
/* The guest's view of our clock: TSC scale for each vCPU, and wall clock. */
#pragma once

#include "domain/vcpu.h"

/* Everything of a domain, before it can look. */
void pvclock_publish(struct domain *d);
/* The guest has shown which layout of shared_info it uses, in which the wall
 * clock may be elsewhere. */
void pvclock_latch_width(struct domain *d, bool wide);
/* The wall clock of every domain: clock_wall_set() was called. */
void pvclock_publish_wall(void);

/* Writes the vCPU's time records: vcpu_info.time and the secondary one. */
void pvclock_update(struct vcpu *v);
/* The guest wants a second record at `linear`, 0: nowhere. `by` as for
 * runstate_set_area(), but an address that is not mapped is -XEN_EFAULT. */
int pvclock_set_area(struct vcpu *v, struct vcpu *by,
		     uint64_t linear) must_check;
