/* SPDX-License-Identifier: MIT */
/*
 * Memory-mapped accesses: first the vCPU's own local APIC, which has no claim
 * as each vCPU may have put it elsewhere, then the domain's claims.
 */
#include "virt/vdev/mmio.h"

#include "domain/vcpu.h"
#include "virt/vdev/machine.h"
#include "virt/vdev/vlapic.h"
#include "virt/vdev/vlapic_state.h"

int mmio_add(struct domain *d, gaddr_t start, uint64_t length,
	     const struct claim_ops *ops, void *context)
{
	return claim_add(&d->machine->mmio, start.v, length, ops, context);
}

void mmio_remove(struct domain *d, gaddr_t start)
{
	claim_remove(&d->machine->mmio, start.v);
}

/* SDM 3A "Detecting and Enabling x2APIC Mode": MMIO only answers in xAPIC
 * mode. */
static bool lapic_holds(const struct vlapic *l, gaddr_t address)
{
	return (l->base & (APICBASE_ENABLED | APICBASE_X2APIC)) ==
		       APICBASE_ENABLED &&
	       address.v - (l->base & APICBASE_ADDRESS) < PAGE_SIZE;
}

bool mmio_read(struct vcpu *v, gaddr_t address, unsigned int size,
	       uint64_t *value)
{
	if (lapic_holds(v->lapic, address)) {
		*value = claim_truncate(
			vlapic_read(v, page_offset(address.v), size), size);
		return true;
	}
	if (claim_read(&v->domain->machine->mmio, v, address.v, size, value)) {
		return true;
	}
	*value = claim_truncate(~UINT64_C(0), size);
	return false;
}

bool mmio_write(struct vcpu *v, gaddr_t address, unsigned int size,
		uint64_t value)
{
	if (lapic_holds(v->lapic, address)) {
		vlapic_write(v, page_offset(address.v), size, value);
		return true;
	}
	return claim_write(&v->domain->machine->mmio, v, address.v, size,
			   value);
}
