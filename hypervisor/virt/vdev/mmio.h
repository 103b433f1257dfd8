/* SPDX-License-Identifier: MIT */
/*
 * Memory-mapped registers of virtual devices. The frames they are in must be
 * absent from the domain's p2m, or accesses are not trapped.
 */
#pragma once

#include "lib/addr.h"
#include "virt/vdev/claim.h"

struct domain;

/* As claim_add() and claim_remove(). Callable with LOCK_VDEV held. */
int mmio_add(struct domain *d, gaddr_t start, uint64_t length,
	     const struct claim_ops *ops, void *context) must_check;
void mmio_remove(struct domain *d, gaddr_t start);

/*
 * An access of 1, 2, 4 or 8 bytes by the vCPU that runs here; its local APIC
 * comes first. False when no device took it: then the read gave all ones and
 * the write went nowhere, unless a device model is asked.
 */
bool mmio_read(struct vcpu *v, gaddr_t address, unsigned int size,
	       uint64_t *value);
bool mmio_write(struct vcpu *v, gaddr_t address, unsigned int size,
		uint64_t value);
