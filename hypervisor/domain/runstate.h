/* SPDX-License-Identifier: MIT */
/* How long a vCPU ran, waited for a pCPU, slept or was offline. */
#pragma once

#include "domain/vcpu.h"

/* A new vCPU is offline from now on. */
void runstate_init(struct vcpu *v);

/* Times up to now, consistent in themselves, of any vCPU. */
void runstate_get(struct vcpu *v, struct vcpu_runstate_info *info);

/*
 * The guest wants the record at `linear`, 0: nowhere. `by` is the vCPU that
 * runs here and whose page tables say where that is; an address that they do
 * not map is tried again when `v` runs. `narrow`: the 32-bit layout.
 */
void runstate_set_area(struct vcpu *v, struct vcpu *by, uint64_t linear,
		       bool narrow);
/* Writes the record, if the guest wants it. For the pCPU that has the vCPU. */
void runstate_write(struct vcpu *v);
