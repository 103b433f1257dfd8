/* SPDX-License-Identifier: MIT */
/*
 * A domain of fake.h with a virtual machine around it and a local APIC on each
 * vCPU. Time stands still unless a test moves it; timers are the real ones.
 */
#pragma once

#include "domain/vcpu.h"
#include "virt/vdev/machine.h"
#include "virt/vdev/vlapic.h"

struct fake_vm {
	struct domain *d;
	struct vcpu **v; /* d->vcpus */
};

extern uint64_t fake_now; /* clock_now(); a tick of the TSC is 1 ns */

/* A machine with x2APIC and without I/O APICs when `c` is NULL. */
void fake_vm_create(struct fake_vm *vm, unsigned int vcpus,
		    const struct machine_config *c);
/* Ends the program when something is left behind. */
void fake_vm_destroy(struct fake_vm *vm);

/* What the vCPU was kicked with; forgets it. */
uint32_t fake_vm_work(struct vcpu *v);
/* Moves the clock and runs the timers of all pCPUs. */
void fake_vm_pass(uint64_t ns);

/* Enables the APIC with spurious vector 0xff. */
void fake_vm_enable_apic(struct vcpu *v);
/* Switches to x2APIC mode. */
void fake_vm_enter_x2apic(struct vcpu *v);

static inline uint32_t fake_apic_read(struct vcpu *v, uint32_t offset)
{
	return (uint32_t)vlapic_read(v, offset, 4);
}

static inline void fake_apic_write(struct vcpu *v, uint32_t offset,
				   uint32_t value)
{
	vlapic_write(v, offset, 4, value);
}
