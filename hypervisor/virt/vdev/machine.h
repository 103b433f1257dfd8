/* SPDX-License-Identifier: MIT */
/*
 * The virtual machine around a domain's vCPUs: its devices and where they
 * answer. The vCPUs' local APICs hang on the vCPUs (vlapic.h).
 *
 * Ports and addresses that nothing claims read all ones and ignore writes.
 * That is how the 8259 pair, the 8254 and the HPET are absent: Linux writes a
 * mask to port 0x21, reads back something else and does without (the MADT must
 * not say PCAT_COMPAT then).
 */
#pragma once

#include "virt/vdev/claim.h"

struct domain;
struct ioapic_info;
struct vioapic;
struct vioapic_host_ops;
struct vpci;

struct machine_config {
	bool x2apic;                       /* as CPUID tells the guest */
	bool tsc_deadline;                 /* as CPUID tells the guest */
	const struct ioapic_info *ioapics; /* the service VM: ioapic_table */
	unsigned int ioapic_count;
	const struct vioapic_host_ops *gsi_ops; /* NULL: no physical lines */
};

struct vmachine {
	struct claim_space mmio;
	struct claim_space pio;
	struct vioapic *ioapics;   /* (o) ioapic_count of them */
	unsigned int ioapic_count; /* (o) */
	bool x2apic;               /* (o) */
	bool tsc_deadline;         /* (o) */
	uint32_t lowest_turn;      /* atomic: next for lowest priority */
	uint8_t port61;            /* atomic: what the guest wrote there */
	struct vpci *pci;          /* (o) owned by vpci.c; NULL without */
};

/* Makes d->machine; before the first vlapic_create(). `c` is not kept, but its
 * gsi_ops are. 0, -XEN_ENOMEM, or what claim_add() said. */
int machine_create(struct domain *d, const struct machine_config *c) must_check;
/* No vCPU runs, vpci is gone. Harmless when there is no machine. */
void machine_destroy(struct domain *d);
/* The guest restarts: devices as after power-on. No vCPU runs. */
void machine_reset(struct domain *d);
