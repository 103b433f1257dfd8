/* SPDX-License-Identifier: MIT */
/*
 * Virtual local APIC of a vCPU: xAPIC registers at the address in APICBASE,
 * x2APIC registers as MSRs. SDM volume 3 chapter "APIC", AMD APM 2 chapter 16.
 *
 * Others only set bits in IRR and TMR, atomically, and kick the vCPU; all other
 * state is changed by its own pCPU. Calls marked (own) are for that pCPU, or
 * for a vCPU that does not run.
 *
 * One tick of the timer's input clock is one nanosecond: a bus of 1 GHz.
 */
#pragma once

#include "lib/types.h"

struct domain;
struct vcpu;

#define VLAPIC_BUS_HZ       1000000000u
#define VLAPIC_BASE_DEFAULT 0xfee00000u
#define VLAPIC_DEST_ALL     0xffffffffu

/* Delivery modes, with the numbers of ICR, RTE and MSI. */
enum vlapic_delivery {
	VLAPIC_FIXED = 0,
	VLAPIC_LOWEST = 1,
	VLAPIC_SMI = 2,
	VLAPIC_RESERVED = 3,
	VLAPIC_NMI = 4,
	VLAPIC_INIT = 5,
	VLAPIC_START = 6,
	VLAPIC_EXTINT = 7,
};

/* What an I/O APIC, a device (MSI) or another local APIC sends. */
struct vlapic_message {
	uint32_t dest;    /* VLAPIC_DEST_ALL: everybody */
	bool logical;     /* dest is a logical one */
	bool level;       /* trigger mode: needs EOI to the I/O APIC */
	bool redirect;    /* MSI redirection hint: any one of dest */
	uint8_t delivery; /* enum vlapic_delivery */
	uint8_t vector;
};

/* APIC ids of our machines: 2 * vCPU number, as the MADT says. */
static inline uint32_t vlapic_id_of(uint32_t vcpu_id)
{
	return 2 * vcpu_id;
}

/* Life. The vCPU's domain has its machine. Power-on state, xAPIC enabled, vCPU
 * 0 is the boot processor. 0, -XEN_EINVAL (not vlapic_id_of()), -XEN_ENOMEM. */
int vlapic_create(struct vcpu *v, uint32_t apic_id) must_check;
void vlapic_destroy(struct vcpu *v);
/* INIT: registers as after power-on; id, APICBASE and so the mode stay. (own) */
void vlapic_reset(struct vcpu *v);
/* Power-on: also APICBASE. (own) */
void vlapic_power_on(struct vcpu *v);

/* Registers (own). MMIO: `offset` 0..4095 in the page; sizes 1, 2, 4, 8. */
uint64_t vlapic_read(struct vcpu *v, uint32_t offset, unsigned int size);
void vlapic_write(struct vcpu *v, uint32_t offset, unsigned int size,
		  uint64_t value);
/* MSRs 0x1b and 0x800..0x8ff: 0, or -1 for #GP. */
int vlapic_msr_read(struct vcpu *v, uint32_t msr, uint64_t *value) must_check;
int vlapic_msr_write(struct vcpu *v, uint32_t msr, uint64_t value) must_check;
/* CR8: 0..15. */
uint8_t vlapic_get_tpr(const struct vcpu *v);
void vlapic_set_tpr(struct vcpu *v, uint8_t cr8);

/* MSR 0x6e0; both values in the guest's TSC, which counts as fast as the
 * host's. Writes outside TSC-deadline mode are ignored. (own) */
uint64_t vlapic_tsc_deadline_get(const struct vcpu *v);
void vlapic_tsc_deadline_set(struct vcpu *v, uint64_t deadline, uint64_t now);
/* The vCPU now runs on this pCPU: its timer follows. Optional: a timer left
 * behind fires all the same. (own) */
void vlapic_moved(struct vcpu *v);

/* Interrupts. Any pCPU, any locks below LOCK_VCPU held. False: not accepted, as
 * the APIC is disabled or the vector is below 16. */
bool vlapic_set_irq(struct vcpu *v, uint8_t vector, bool level);
/* Number of vCPUs that took it; a guest may cause 0. Same locks. */
unsigned int vlapic_deliver(struct domain *d, const struct vlapic_message *m);
/* The message that a write of `data` to `address` (0xfeexxxxx) makes. */
struct vlapic_message vlapic_msi_message(uint64_t address, uint32_t data);

/* For the run loop (own). The highest vector that the priorities let through,
 * or -1; vlapic_accept() then moves it from IRR to ISR. */
int vlapic_pending(const struct vcpu *v);
void vlapic_accept(struct vcpu *v, uint8_t vector);
/* The highest requested vector whatever the priority, or -1: if above what
 * vlapic_pending() gave, a lower CR8 lets it through. */
int vlapic_requested(const struct vcpu *v);
/* LINT0 takes interrupts of an 8259. */
bool vlapic_lvt0_accepts_extint(const struct vcpu *v);

/* CPUID 1 EDX[9] follows APICBASE. */
bool vlapic_is_enabled(const struct vcpu *v);
bool vlapic_is_x2apic(const struct vcpu *v);
