/* SPDX-License-Identifier: MIT */
/*
 * MSI-X (PCI 3.0 6.8.2): the capability's control word, and the table, which is
 * memory inside a BAR. The pages that hold the table are trapped where the BAR
 * is now; everything else in them passes to the device.
 *
 * All calls are under the vpci lock, named here through `struct vmsix`.
 */
#pragma once

#include "virt/vdev/vmsi.h"

struct vmsix_entry {
	uint64_t address; /* as the domain wrote them */
	uint32_t data;
	uint32_t control;
	struct vmsi_vector vector;
};

struct vmsix {
	const struct pci_function *f; /* (o) */
	struct spinlock *lock;        /* (o) LOCK_PCI, of the vpci */
	struct domain *domain;        /* (o) */
	struct vmsix_entry *entries; /* (o) f->msix_count; NULL without MSI-X */
	uint32_t control;            /* what the domain wrote last */
	uint64_t table;              /* where the table is; 0: not decoded */
	volatile uint8_t *page;      /* its first page; NULL: not mapped */
};

/* 0 or -XEN_ENOMEM. */
int vmsix_init(struct vmsix *x, const struct pci_function *f, struct domain *d,
	       struct spinlock *lock) must_check;
/* After a quiescent point behind vmsix_release(). */
void vmsix_free(struct vmsix *x);

bool vmsix_owns(const struct vmsix *x, uint16_t reg);
uint32_t vmsix_read(const struct vmsix *x, uint16_t reg);
void vmsix_write(struct vmsix *x, uint16_t reg, uint32_t value);

/* A BAR or the command register changed: traps follow the table. */
void vmsix_place(struct vmsix *x);
/* Programs the device again if it should be enabled and is not. */
void vmsix_restore(struct vmsix *x);
/* Disables MSI-X in the device; its vectors are given back. */
void vmsix_stop(struct vmsix *x);
/* The device is gone or stopped: nothing is trapped, no vector kept. */
void vmsix_release(struct vmsix *x);
