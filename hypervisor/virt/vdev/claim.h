/* SPDX-License-Identifier: MIT */
/*
 * Claims: which virtual device of a domain answers at which addresses of memory
 * and at which ports. The frames must be absent from the p2m and the ports must
 * trap, or nothing comes here.
 */
#pragma once

#include "lib/addr.h"

struct domain;
struct vcpu;

/*
 * What a device does with an access of 1, 2, 4 or 8 bytes that lies wholly in
 * its claim. `offset` counts from the claim's start. They run on the vCPU's
 * pCPU with no lock held. A read's bits beyond `size` are ignored.
 * Without `write` nothing can be written.
 */
struct claim_ops {
	uint64_t (*read)(void *context, struct vcpu *v, uint64_t offset,
			 unsigned int size);
	void (*write)(void *context, struct vcpu *v, uint64_t offset,
		      unsigned int size, uint64_t value);
};

struct claim {
	uint64_t start;
	uint64_t end; /* first address behind it */
	const struct claim_ops *ops;
	void *context;
};

/*
 * 0, -XEN_EINVAL (empty or wraps), -XEN_EEXIST (overlaps), -XEN_ENOSPC.
 * Callable with LOCK_VDEV held.
 */
int mmio_add(struct domain *d, gaddr_t start, uint64_t length,
	     const struct claim_ops *ops, void *context) must_check;
int pio_add(struct domain *d, uint16_t port, uint32_t count,
	    const struct claim_ops *ops, void *context) must_check;
/* Removes the claim that starts there, if there is one. Accesses under way still
 * end: the context must outlive its claim by a quiescent point. */
void mmio_remove(struct domain *d, gaddr_t start);

/* True for the local APIC's page too, whatever the vCPU's APIC does. */
bool mmio_is_claimed(struct domain *d, gaddr_t address);

/*
 * An access of 1, 2, 4 or 8 bytes by the vCPU that runs here. Where no device is,
 * a read gives all ones and a write goes nowhere.
 */
uint64_t mmio_read(struct vcpu *v, gaddr_t address, unsigned int size);
void mmio_write(struct vcpu *v, gaddr_t address, unsigned int size,
		uint64_t value);
uint32_t pio_read(struct vcpu *v, uint16_t port, unsigned int size);
void pio_write(struct vcpu *v, uint16_t port, unsigned int size,
	       uint32_t value);
