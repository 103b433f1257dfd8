/* SPDX-License-Identifier: MIT */
/*
 * The virtual machine around a domain's vCPUs: its devices and where they
 * answer. The vCPUs' local APICs hang on the vCPUs (vlapic.h). The service VM
 * also has I/O APICs, as the machine has.
 *
 * Ports and addresses that nothing claims read all ones and ignore writes.
 * That is how the 8259 pair, the 8254 and the HPET are absent: Linux writes a
 * mask to port 0x21, reads back something else and does without (the MADT must
 * not say PCAT_COMPAT then).
 */
#pragma once

#include "arch/x86/spinlock.h"
#include "virt/vdev/claim.h"

struct vioapic;
struct vpci;

struct vmachine {
	struct vioapic *ioapics; /* (o) list; NULL but for the service VM */
	struct vpci *pci;        /* (o) owned by vpci.c; NULL without */
	uint32_t lowest_turn;    /* atomic: next for lowest priority */

	struct spinlock claim_lock; /* LOCK_CLAIM */
	uint32_t claim_max;         /* (o) */
	uint32_t claim_count;       /* (l) */
	struct claim claim[];       /* (l) sorted, no overlaps */
};

/* Makes d->machine; before the first vlapic_create(). 0, -XEN_ENOMEM, or what
 * mmio_add() said. */
int machine_create(struct domain *d) must_check;
/* No vCPU runs, vpci is gone. Harmless when there is no machine. */
void machine_destroy(struct domain *d);

/*
 * Virtual I/O APICs of the service VM. Each mirrors one of the machine's, as
 * the GSI numbers in the service VM's ACPI tables are the machine's.
 */

/* Makes d->machine->ioapics and claims their registers. 0, -XEN_ENOMEM, or what
 * mmio_add() said. */
int vioapic_create(struct domain *d) must_check;
/* Gives the physical lines back. */
void vioapic_destroy(struct domain *d);

/* A local APIC ended a level-triggered interrupt with this vector. */
void vioapic_eoi(struct domain *d, uint8_t vector);

/*
 * The service VM's PCI: the machine's own configuration space, reached through
 * ports 0xcf8 to 0xcff and through memory, with a filter. Hidden functions are
 * absent; MSI and MSI-X are the domain's own view (vpci_function.h); the rest
 * passes to the hardware.
 *
 * Functions are met on first access, so hot-plugged ones need no notice.
 */

/*
 * Claims the ports and the memory. The domain has its machine, PCI was
 * initialised, the memory is not in the p2m. 0, -XEN_ENOMEM, or what pio_add()
 * and mmio_add() said; then the domain is of no use.
 */
int vpci_create(struct domain *d) must_check;
/* A function (sbdf as in dev/pci.h) goes: what is known of it is forgotten. */
void vpci_removed(struct domain *d, uint32_t sbdf);
