/* SPDX-License-Identifier: MIT */
/*
 * Message-signalled interrupts of a physical function that a domain drives.
 *
 * What the domain writes (its vectors, its APIC ids) is kept; the device is
 * given a message to a host vector instead, whose handler sends the domain's
 * message on to its virtual APICs.
 */
#pragma once

#include "arch/x86/spinlock.h"
#include "dev/pci_msi.h"
#include "virt/vdev/vlapic.h"

struct domain;

struct vmsi_host {
	uint32_t cpu;
	uint8_t vector; /* 0: none */
};

/* One message, the domain's and ours. Hosts are under the vpci lock. */
struct vmsi_vector {
	struct spinlock lock;          /* LOCK_IRQ */
	struct domain *domain;         /* (o) */
	struct vlapic_message message; /* (l) what the domain wants */
	struct vmsi_host now;          /* what the device is programmed with */
	struct vmsi_host before;       /* may still have a message on its way */
	uint64_t moved;                /* clock when `before` was replaced */
};

void vmsi_vector_init(struct vmsi_vector *v, struct domain *d);
/* What the handler delivers from now on. */
void vmsi_vector_set(struct vmsi_vector *v, uint64_t address, uint32_t data);
/*
 * The message for the device. With `may_move` (the device is masked) the host
 * vector follows the target vCPU to its pCPU. 0 or -XEN_ENOSPC.
 */
int vmsi_vector_route(struct vmsi_vector *v, bool may_move,
		      struct pci_msi_message *out) must_check;
/* The device sends no more. Needs no vector afterwards. */
void vmsi_vector_release(struct vmsi_vector *v);

/* The MSI capability. All under the vpci lock. */
struct vmsi {
	const struct pci_function *f; /* (o) */
	uint64_t address;             /* as the domain wrote them */
	uint32_t data;
	bool enabled;
	struct vmsi_vector vector;
};

void vmsi_init(struct vmsi *m, const struct pci_function *f, struct domain *d);
/* True when the register (a multiple of 4) is one of the capability's. */
bool vmsi_owns(const struct vmsi *m, uint16_t reg);
uint32_t vmsi_read(const struct vmsi *m, uint16_t reg);
void vmsi_write(struct vmsi *m, uint16_t reg, uint32_t value);
/* Programs the device again if it should be enabled and is not. */
void vmsi_restore(struct vmsi *m);
/* Disables it in the device and gives the vector back. */
void vmsi_stop(struct vmsi *m);
