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

/* The physical I/O APICs, of 24 and 8 pins. */
struct fake_pin {
	uint8_t vector; /* 0: never routed */
	uint32_t apic_id;
	bool level;
	bool active_low;
	bool masked;
};
extern struct fake_pin fake_pins[32];
extern unsigned int fake_vectors_left;
/* The line is asserted: true when an unmasked pin passed it on. */
bool fake_pin_fire(uint32_t gsi);

/* The service VM, with I/O APICs in front of the above; or a guest. */
void fake_vm_create(struct fake_vm *vm, unsigned int vcpus);
void fake_vm_create_guest(struct fake_vm *vm, unsigned int vcpus);
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
	return (uint32_t)vlapic_read(v, offset);
}

static inline void fake_apic_write(struct vcpu *v, uint32_t offset,
				   uint32_t value)
{
	vlapic_write(v, offset, 4, value);
}
