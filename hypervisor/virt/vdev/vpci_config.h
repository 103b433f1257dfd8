/* SPDX-License-Identifier: MIT */
/* Between vpci.c and vpci_config.c. */
#pragma once

#include "arch/x86/spinlock.h"
#include "core/quiesce.h"
#include "dev/acpi_mcfg.h"
#include "dev/pci.h"
#include "virt/vdev/vmsi.h"
#include "virt/vdev/vmsix.h"

#define VPCI_BUCKETS 64u

struct vpci_function {
	struct list link;         /* (l) in a bucket */
	struct quiesce_item gone; /* while it waits to be freed */
	struct domain *domain;    /* (o) */
	struct pci_function hw;   /* (o) */
	struct vmsi msi;          /* (l) */
	struct vmsix msix;        /* (l) */
};

/* One range of configuration space in memory. */
struct vpci_range {
	struct vpci *pci;             /* (o) */
	const struct acpi_mcfg *mcfg; /* (o) */
};

struct vpci {
	struct spinlock lock;
	struct domain *domain; /* (o) */
	uint32_t address;      /* atomic: dword written to port 0xcf8 */
	struct list buckets[VPCI_BUCKETS];       /* (l) functions met so far */
	struct vpci_range ranges[ACPI_MAX_MCFG]; /* (o) */
};

void vpci_config_init(struct vpci *p, struct domain *d);
/* Meets every function there is, and stops its interrupts. */
void vpci_config_scan(struct vpci *p);
void vpci_config_forget_all(struct vpci *p);

/* `offset` is a multiple of `size`, which is 1, 2 or 4. */
uint32_t vpci_config_read(struct vpci *p, uint32_t sbdf, uint16_t offset,
			  unsigned int size);
void vpci_config_write(struct vpci *p, uint32_t sbdf, uint16_t offset,
		       unsigned int size, uint32_t value);
