/* SPDX-License-Identifier: MIT */
/*
 * HVM parameters: numbers by which tools, device model and guest tell each
 * other where things are. Few mean something to the hypervisor.
 */
#pragma once

#include "domain/domain.h"

/*
 * On behalf of `by`: the domain itself or the service VM. -XEN_EINVAL (no such
 * parameter or value), -XEN_EPERM (not the guest's to see or set), -XEN_EEXIST
 * (set before, and fixed since).
 */
int hvm_params_set(struct domain *by, struct domain *d, uint32_t index,
		   uint64_t value) must_check;
/* A parameter that nobody has set is 0. */
int hvm_params_get(struct domain *by, struct domain *d, uint32_t index,
		   uint64_t *value) must_check;

/* The guest has shown which layout of the shared info it uses. */
void hvm_params_latch_width(struct domain *d, bool wide);
