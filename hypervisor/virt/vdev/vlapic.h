/* SPDX-License-Identifier: MIT */
/*
 * Virtual local APIC of a vCPU: xAPIC registers in the page at VLAPIC_BASE,
 * x2APIC registers as MSRs. SDM volume 3 chapter "APIC", AMD APM 2 chapter 16.
 *
 * Others only set bits in IRR and TMR, atomically, and kick the vCPU; all other
 * state is changed by its own pCPU. Calls marked (own) are for that pCPU, or
 * for a vCPU that does not run.
 *
 * It never finds an error: ESR stays 0, bad accesses and vectors are dropped.
 */
#pragma once

#include "lib/types.h"

struct domain;
struct vcpu;

#define VLAPIC_BASE     0xfee00000u
#define VLAPIC_DEST_ALL 0xffffffffu

/* Delivery modes, with the numbers of ICR, RTE and MSI. Nothing takes the
 * others: there is no SMM, and no 8259 to give ExtINT its vector. */
enum vlapic_delivery {
	VLAPIC_FIXED = 0,
	VLAPIC_LOWEST = 1,
	VLAPIC_NMI = 4,
	VLAPIC_INIT = 5,
	VLAPIC_START = 6,
};

/* What an I/O APIC, a device (MSI) or another local APIC sends. */
struct vlapic_message {
	uint32_t dest;    /* VLAPIC_DEST_ALL: everybody */
	bool logical;     /* dest is a logical one */
	bool level;       /* trigger mode: needs EOI to the I/O APIC */
	uint8_t delivery; /* enum vlapic_delivery */
	uint8_t vector;
	const struct vcpu *except; /* gets nothing; may be NULL */
};

/* APIC ids of our machines: 2 * vCPU number, as the MADT says. */
static inline uint32_t vlapic_id_of(uint32_t vcpu_id)
{
	return 2 * vcpu_id;
}

/* State after power-on, xAPIC enabled; vCPU 0 is the boot processor. The
 * domain has its machine. 0 or -XEN_ENOMEM. */
int vlapic_create(struct vcpu *v) must_check;
/* Harmless when there is none. */
void vlapic_destroy(struct vcpu *v);
/* INIT: registers as after power-on; the mode stays. (own) */
void vlapic_reset(struct vcpu *v);

/* CPUID 1 EDX[9] follows APICBASE. */
bool vlapic_is_enabled(const struct vcpu *v);
/* In xAPIC mode, the only one with registers in memory. */
bool vlapic_has_window(const struct vcpu *v);
/* Registers in the page, `offset` 0..4095 (own). Reads give what is there from
 * the offset on, to the end of the register. */
uint64_t vlapic_read(const struct vcpu *v, uint32_t offset);
void vlapic_write(struct vcpu *v, uint32_t offset, unsigned int size,
		  uint64_t value);
/* MSRs 0x1b and 0x800..0x8ff (own): 0, or -1 for #GP. */
int vlapic_msr_read(struct vcpu *v, uint32_t msr, uint64_t *value) must_check;
int vlapic_msr_write(struct vcpu *v, uint32_t msr, uint64_t value) must_check;
/* CR8: 0..15 (own). */
uint8_t vlapic_get_tpr(const struct vcpu *v);
void vlapic_set_tpr(struct vcpu *v, uint8_t cr8);

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
