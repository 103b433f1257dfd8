/* SPDX-License-Identifier: MIT */
/*
 * Messages to local APICs: whom they address and what arrives. They come from
 * ICR, from I/O APICs and, as MSI, from devices.
 */
#include "abi/abi.h"
#include "arch/x86/hooks.h"
#include "domain/vcpu.h"
#include "virt/vdev/machine.h"
#include "virt/vdev/vlapic_state.h"

#define DEST_ALL_XAPIC 0xffu

#define DFR_FLAT       0xf
#define DFR_CLUSTER    0x0

enum shorthand {
	TO_DEST,
	TO_SELF,
	TO_ALL,
	TO_OTHERS,
};

#define ICR_LOGICAL        0x800u
#define ICR_ASSERT         0x4000u
#define ICR_LEVEL          0x8000u
#define ICR_SHORTHAND(icr) (((icr) >> 18) & 3u)

/* SDM 3A "Deriving Logical x2APIC ID from the Local x2APIC ID". */
uint32_t vlapic_x2apic_ldr(const struct vlapic *l)
{
	return l->id >> 4 << 16 | 1u << (l->id & 0xf);
}

static bool matches_x2apic(const struct vlapic *l, uint32_t dest)
{
	const uint32_t ldr = vlapic_x2apic_ldr(l);

	return dest >> 16 == ldr >> 16 && (dest & ldr & 0xffff) != 0;
}

/* SDM 3A "Logical Destination Mode": flat and (flat) cluster model. */
static bool matches_xapic(const struct vlapic *l, uint32_t dest)
{
	const uint32_t ldr = vlapic_reg(l, REG_LDR) >> 24;

	switch (vlapic_reg(l, REG_DFR) >> 28) {
	case DFR_FLAT:
		return (dest & ldr) != 0;
	case DFR_CLUSTER:
		return dest >> 4 == ldr >> 4 && (dest & ldr & 0xf) != 0;
	default:
		return false;
	}
}

static bool is_addressed(const struct vlapic *l, const struct vlapic_message *m)
{
	if (m->dest == VLAPIC_DEST_ALL) {
		return true;
	}
	if (!m->logical) {
		return m->dest == l->id;
	}
	if (vlapic_in_x2apic(l)) {
		return matches_x2apic(l, m->dest);
	}
	return m->dest <= 0xff && matches_xapic(l, m->dest);
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
	if (!vlapic_hw_enabled(v->lapic)) {
		return false;
	}
	switch ((enum vlapic_delivery)m->delivery) {
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
	case VLAPIC_SMI:    /* there is no SMM */
	case VLAPIC_EXTINT: /* there is no 8259 to give the vector */
	case VLAPIC_RESERVED:
		break;
	}
	log_guest("vcpu %u: interrupt message of mode %u dropped\n", v->id,
		  m->delivery);
	return false;
}

/* The vCPU if the message is for it; `except` (may be NULL) never is. */
static struct vcpu *addressee(struct domain *d, uint32_t vcpu_id,
			      const struct vlapic_message *m,
			      const struct vcpu *except)
{
	struct vcpu *v = domain_vcpu(d, vcpu_id);

	if (v == NULL || v == except || v->lapic == NULL ||
	    !is_addressed(v->lapic, m)) {
		return NULL;
	}
	return v;
}

static unsigned int deliver_to_each(struct domain *d,
				    const struct vlapic_message *m,
				    const struct vcpu *except)
{
	unsigned int taken = 0;

	for (uint32_t i = 0; i < d->vcpu_count; i++) {
		struct vcpu *v = addressee(d, i, m, except);

		if (v != NULL) {
			taken += arrive(v, m);
		}
	}
	return taken;
}

/* Of those that listen, the one with the lowest processor priority; among
 * equals each in turn. What is read of others may be a moment old. */
static unsigned int deliver_to_lowest(struct domain *d,
				      const struct vlapic_message *m,
				      const struct vcpu *except)
{
	const uint32_t turn = __atomic_fetch_add(&d->machine->lowest_turn, 1,
						 __ATOMIC_RELAXED);
	struct vcpu *best = NULL;
	uint32_t best_priority = 0;

	for (uint32_t i = 0; i < d->vcpu_count; i++) {
		struct vcpu *v =
			addressee(d, (turn + i) % d->vcpu_count, m, except);

		if (v == NULL || !vlapic_hw_enabled(v->lapic) ||
		    (vlapic_reg(v->lapic, REG_SVR) & SVR_ENABLED) == 0) {
			continue;
		}

		const uint32_t priority = vlapic_ppr(v->lapic) >> 4;

		if (best == NULL || priority < best_priority) {
			best = v;
			best_priority = priority;
		}
	}
	return best != NULL && arrive(best, m) ? 1 : 0;
}

static unsigned int deliver(struct domain *d, const struct vlapic_message *m,
			    const struct vcpu *except)
{
	const bool lowest = m->delivery == VLAPIC_LOWEST ||
			    (m->delivery == VLAPIC_FIXED && m->redirect);

	if (!m->logical && m->dest != VLAPIC_DEST_ALL) {
		/* Odd ids have no vCPU: addressee() compares the whole id. */
		struct vcpu *v = addressee(d, m->dest / 2, m, except);

		return v != NULL && arrive(v, m) ? 1 : 0;
	}
	if (lowest) {
		return deliver_to_lowest(d, m, except);
	}
	return deliver_to_each(d, m, except);
}

unsigned int vlapic_deliver(struct domain *d, const struct vlapic_message *m)
{
	return deliver(d, m, NULL);
}

/* SDM 3A "Message Address Register Format" and "Message Data Register
 * Format". */
struct vlapic_message vlapic_msi_message(uint64_t address, uint32_t data)
{
	const uint32_t dest = (uint32_t)(address >> 12) & 0xff;

	return (struct vlapic_message){
		.dest = dest == DEST_ALL_XAPIC ? VLAPIC_DEST_ALL : dest,
		.logical = (address & 4) != 0,
		.redirect = (address & 8) != 0,
		.level = (data & 0x8000) != 0,
		.delivery = (data >> 8) & 7,
		.vector = VECTOR_OF(data),
	};
}

static uint32_t icr_dest(const struct vlapic *l)
{
	const uint32_t high = vlapic_reg(l, REG_ICR_HIGH);

	if (vlapic_in_x2apic(l)) {
		return high;
	}
	return high >> 24 == DEST_ALL_XAPIC ? VLAPIC_DEST_ALL : high >> 24;
}

/* Shorthands that name the sender only go with fixed delivery: SDM 3A table
 * "Valid Combinations for the ICR". */
static void send(struct vlapic *l, enum shorthand to, struct vlapic_message *m)
{
	struct vcpu *self = l->vcpu;

	switch (to) {
	case TO_DEST:
		m->dest = icr_dest(l);
		deliver(self->domain, m, NULL);
		return;
	case TO_SELF:
		if (m->delivery == VLAPIC_FIXED) {
			vlapic_set_irq(self, m->vector, false);
		}
		return;
	case TO_ALL:
		if (m->delivery == VLAPIC_FIXED) {
			deliver(self->domain, m, NULL);
		}
		return;
	case TO_OTHERS:
		deliver(self->domain, m, self);
		return;
	}
}

void vlapic_ipi_send(struct vlapic *l)
{
	const uint32_t icr = vlapic_reg(l, REG_ICR);
	struct vlapic_message m = {
		.dest = VLAPIC_DEST_ALL,
		.logical = (icr & ICR_LOGICAL) != 0,
		.delivery = (icr >> 8) & 7,
		.vector = VECTOR_OF(icr),
	};

	/* INIT level de-assert: recent processors have nothing to do. All other
	 * messages are edge-triggered, whatever ICR says. */
	if (m.delivery == VLAPIC_INIT &&
	    (icr & (ICR_LEVEL | ICR_ASSERT)) == ICR_LEVEL) {
		return;
	}
	if (m.delivery <= VLAPIC_LOWEST && m.vector < VECTOR_FIRST) {
		vlapic_error(l, ESR_SEND_ILLEGAL);
		return;
	}
	send(l, (enum shorthand)ICR_SHORTHAND(icr), &m);
}
