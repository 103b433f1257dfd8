/* SPDX-License-Identifier: MIT */
/* APICBASE with its mode switches, and the x2APIC registers as MSRs. */
#include "abi/abi.h"
#include "domain/vcpu.h"
#include "virt/vdev/machine.h"
#include "virt/vdev/vlapic_state.h"

#define MSR_NUMBER_APICBASE 0x1bu
#define MSR_NUMBER_X2APIC   0x800u /* first of REG_COUNT */

#define APICBASE_MODE       (APICBASE_ENABLED | APICBASE_X2APIC)

/* SDM 3A "x2APIC State Transitions". */
static bool may_switch(const struct vlapic *l, uint64_t from, uint64_t to)
{
	if (to == APICBASE_X2APIC) {
		return false;
	}
	if (to != APICBASE_MODE) {
		return from != APICBASE_MODE || to == 0;
	}
	return from != 0 && l->vcpu->domain->machine->x2apic;
}

static int write_base(struct vcpu *v, uint64_t value)
{
	struct vlapic *l = v->lapic;
	const uint64_t from = l->base & APICBASE_MODE;
	const uint64_t to = value & APICBASE_MODE;

	if ((value & ~(APICBASE_ADDRESS | APICBASE_MODE | APICBASE_BSP)) != 0 ||
	    !may_switch(l, from, to)) {
		return -1;
	}
	value &= ~APICBASE_BSP;
	value |= l->base & APICBASE_BSP;
	__atomic_store_n(&l->base, value, __ATOMIC_RELAXED);
	if (from != 0 && to == 0) {
		vlapic_reset(v); /* disabling loses all state */
	} else if (from != to) {
		vlapic_reg_set(l, REG_ICR_HIGH, 0);
	}
	return 0;
}

static int read_x2apic(struct vlapic *l, uint32_t reg, uint64_t *value)
{
	if (reg >= REG_COUNT || !vlapic_in_x2apic(l) ||
	    !vlapic_regs_x2apic_readable(reg)) {
		return -1;
	}
	*value = vlapic_regs_get(l, reg);
	if (reg == REG_ICR) {
		*value |= (uint64_t)vlapic_reg(l, REG_ICR_HIGH) << 32;
	}
	return 0;
}

static int write_x2apic(struct vlapic *l, uint32_t reg, uint64_t value)
{
	const uint32_t high = (uint32_t)(value >> 32);

	if (reg >= REG_COUNT || !vlapic_in_x2apic(l) ||
	    !vlapic_regs_x2apic_writable(l, reg, (uint32_t)value)) {
		return -1;
	}
	if (reg == REG_ICR) {
		vlapic_reg_set(l, REG_ICR_HIGH, high);
	} else if (high != 0) {
		return -1;
	}
	vlapic_regs_set(l, reg, (uint32_t)value);
	return 0;
}

int vlapic_msr_read(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	if (msr == MSR_NUMBER_APICBASE) {
		*value = v->lapic->base;
		return 0;
	}
	return read_x2apic(v->lapic, msr - MSR_NUMBER_X2APIC, value);
}

int vlapic_msr_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
	if (msr == MSR_NUMBER_APICBASE) {
		return write_base(v, value);
	}
	return write_x2apic(v->lapic, msr - MSR_NUMBER_X2APIC, value);
}
