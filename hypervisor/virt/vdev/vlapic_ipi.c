/* SPDX-License-Identifier: MIT */
/*
 * Messages to local APICs: whom they address and what arrives. They come from
 * ICR, from I/O APICs and, as MSI, from devices.
 */
#include "domain/vcpu.h"
#include "virt/vdev/machine.h"
#include "virt/vdev/vlapic_state.h"

#define DEST_ALL_XAPIC 0xffu

#define DFR_FLAT       0xf
#define DFR_CLUSTER    0x0

#define ICR_LOGICAL    0x800u
#define ICR_ASSERT     0x4000u
#define ICR_LEVEL      0x8000u

/* ICR bits 19:18. */
enum shorthand {
	TO_DEST,
	TO_SELF,
	TO_ALL,
	TO_OTHERS,
};

/* SDM 3A "Logical Destination Mode": x2APIC's clusters; flat and (flat) cluster
 * model of xAPIC. */
static bool matches_logical(const struct vlapic *l, uint32_t dest)
{
	const uint32_t ldr = vlapic_reg(l, REG_LDR);
	const uint32_t ldr_xapic = ldr >> 24;

	if (vlapic_base_has(l, APICBASE_X2APIC)) {
		return dest >> 16 == ldr >> 16 && (dest & ldr & 0xffff) != 0;
	}
	switch (vlapic_reg(l, REG_DFR) >> 28) {
	case DFR_FLAT:
		return (dest & ldr_xapic) != 0;
	case DFR_CLUSTER:
		return dest >> 4 == ldr_xapic >> 4 &&
		       (dest & ldr_xapic & 0xf) != 0;
	default:
		return false;
	}
}

static bool is_addressed(const struct vcpu *v, const struct vlapic_message *m)
{
	if (v == m->except || !vlapic_is_enabled(v)) {
		return false;
	}
	if (m->dest == VLAPIC_DEST_ALL) {
		return true;
	}
	return m->logical ? matches_logical(v->lapic, m->dest)
			  : m->dest == vlapic_id_of(v->id);
}

/*
 * SIPI. Whether the vCPU waits for one only its run loop knows, as an INIT may
 * be in the works; it handles WORK_INIT first, and ignores a start-up that finds
 * the vCPU running.
 */
static void start(struct vcpu *v, uint8_t vector)
{
	spin_lock(&v->lock);
	v->sipi_vector = vector;
	spin_unlock(&v->lock);
	vcpu_kick(v, WORK_START);
}

static bool arrive(struct vcpu *v, const struct vlapic_message *m)
{
	switch (m->delivery) {
	case VLAPIC_FIXED:
	case VLAPIC_LOWEST:
		return vlapic_set_irq(v, m->vector, m->level);
	case VLAPIC_NMI:
		vcpu_kick(v, WORK_NMI);
		return true;
	case VLAPIC_INIT:
		vcpu_kick(v, WORK_INIT);
		return true;
	case VLAPIC_START:
		start(v, m->vector);
		return true;
	default:
		return false;
	}
}

/* Lowest priority goes to the next in turn that takes it, as chipsets do. */
unsigned int vlapic_deliver(struct domain *d, const struct vlapic_message *m)
{
	const bool lowest = m->delivery == VLAPIC_LOWEST;
	uint32_t first = 0;
	uint32_t count = d->vcpu_count;
	unsigned int taken = 0;

	if (lowest) {
		first = __atomic_fetch_add(&d->machine->lowest_turn, 1,
					   __ATOMIC_RELAXED) %
			count;
	} else if (!m->logical && m->dest != VLAPIC_DEST_ALL) {
		first = m->dest / 2; /* is_addressed() sees that it is odd */
		count = first < count ? 1 : 0;
	}
	for (uint32_t i = 0; i < count && !(lowest && taken != 0); i++) {
		struct vcpu *v = d->vcpus[(first + i) % d->vcpu_count];

		if (is_addressed(v, m)) {
			taken += arrive(v, m);
		}
	}
	return taken;
}

/* SDM 3A "Message Address Register Format" and "Message Data Register Format".
 * The redirection hint asks for any one of the destinations. */
struct vlapic_message vlapic_msi_message(uint64_t address, uint32_t data)
{
	const uint32_t dest = (uint32_t)(address >> 12) & 0xff;
	const uint8_t delivery = (data >> 8) & 7;
	const bool any = (address & 8) != 0 && delivery == VLAPIC_FIXED;

	return (struct vlapic_message){
		.dest = dest == DEST_ALL_XAPIC ? VLAPIC_DEST_ALL : dest,
		.logical = (address & 4) != 0,
		.level = (data & 0x8000) != 0,
		.delivery = any ? VLAPIC_LOWEST : delivery,
		.vector = (uint8_t)data,
	};
}

static uint32_t icr_dest(const struct vlapic *l)
{
	const uint32_t high = vlapic_reg(l, REG_ICR_HIGH);

	if (vlapic_base_has(l, APICBASE_X2APIC)) {
		return high;
	}
	return high >> 24 == DEST_ALL_XAPIC ? VLAPIC_DEST_ALL : high >> 24;
}

/* All messages but INIT's de-assertion, with which recent processors do
 * nothing, are edge-triggered, whatever ICR says. */
void vlapic_ipi_send(struct vlapic *l)
{
	const uint32_t icr = vlapic_reg(l, REG_ICR);
	const enum shorthand to = (enum shorthand)(icr >> 18 & 3);
	struct vcpu *self = l->vcpu;
	const struct vlapic_message m = {
		.dest = to == TO_DEST ? icr_dest(l) : VLAPIC_DEST_ALL,
		.logical = (icr & ICR_LOGICAL) != 0,
		.delivery = (icr >> 8) & 7,
		.vector = (uint8_t)icr,
		.except = to == TO_OTHERS ? self : NULL,
	};

	if (m.delivery == VLAPIC_INIT &&
	    (icr & (ICR_LEVEL | ICR_ASSERT)) == ICR_LEVEL) {
		return;
	}
	if (to == TO_SELF) {
		arrive(self, &m);
	} else {
		vlapic_deliver(self->domain, &m);
	}
}
