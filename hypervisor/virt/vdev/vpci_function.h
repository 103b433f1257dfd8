/* SPDX-License-Identifier: MIT */
/*
 * A physical PCI function that a domain drives, and its message-signalled
 * interrupts (PCI 3.0 6.8).
 *
 * What the domain writes (its vectors, its APIC ids) is kept; the device is
 * given a message to a host vector instead, whose handler sends the domain's
 * message on to its virtual APICs. That is one `struct vmsi` for the MSI
 * capability, or one for each entry of the MSI-X table.
 *
 * All calls are under the vpci lock.
 */
#pragma once

#include "arch/x86/spinlock.h"
#include "core/quiesce.h"
#include "dev/iommu.h"
#include "dev/pci.h"

/* Words of a message, in the order of an MSI-X entry. */
enum vmsi_word {
	VMSI_ADDRESS,
	VMSI_ADDRESS_HIGH,
	VMSI_DATA,
	VMSI_CONTROL, /* MSI-X only */
	VMSI_WORDS,
};

#define VMSI_MASKED 1u /* in VMSI_CONTROL */

struct vmsi {
	struct domain *domain;     /* (o) */
	uint32_t word[VMSI_WORDS]; /* atomic: as the domain wrote them */
	struct iommu_irq irq;      /* the host's; vector 0: none */
};

struct vpci_function {
	struct list link;         /* in the vpci's list */
	struct quiesce_item gone; /* while it waits to be freed */
	struct domain *domain;    /* (o) */
	struct spinlock *lock;    /* (o) the vpci's */
	struct pci_function hw;   /* (o) */
	struct vmsi msi;
	struct vmsi *entries; /* (o) MSI-X: hw.msix_count; NULL without it */
	bool msix_enabled;
	uint64_t table;         /* where the MSI-X table is; 0: not decoded */
	volatile uint8_t *page; /* the first page it is in; NULL with `table` */
};

/* Message `index` of the function. */
void vmsi_init(struct vmsi *m, const struct vpci_function *f,
	       unsigned int index);
/*
 * Gives the message for the device. Its vector is taken near the target vCPU the
 * first time and stays. -XEN_ENOSPC, -XEN_ENOMEM.
 */
int vmsi_route(struct vmsi *m, struct iommu_message *out) must_check;
/* The device sends no more, so the vector is given back. */
void vmsi_release(struct vmsi *m);

/* Registers of the MSI capability; `reg` is a multiple of 4. */
bool vmsi_owns(const struct vpci_function *f, uint16_t reg);
uint32_t vmsi_read(const struct vpci_function *f, uint16_t reg);
void vmsi_write(struct vpci_function *f, uint16_t reg, uint32_t value);

/* 0 or -XEN_ENOMEM; vmsix_free() after a quiescent point behind
 * vmsix_release(). */
int vmsix_init(struct vpci_function *f) must_check;
void vmsix_free(struct vpci_function *f);
/* The first dword of the MSI-X capability was written. */
void vmsix_write(struct vpci_function *f, uint32_t value);
/* A BAR or the command register changed: traps follow the table. */
void vmsix_place(struct vpci_function *f);
/* The device is gone or stopped: nothing is trapped, no vector kept. */
void vmsix_release(struct vpci_function *f);
