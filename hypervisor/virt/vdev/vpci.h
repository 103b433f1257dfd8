/* SPDX-License-Identifier: MIT */
/*
 * The service VM's PCI: the machine's own configuration space, reached through
 * ports 0xcf8 to 0xcff and through memory, with a filter. Hidden functions are
 * absent; MSI and MSI-X are the domain's own view (vmsi.h, vmsix.h); the rest
 * passes to the hardware.
 *
 * Functions are met on first access, so hot-plugged ones need no notice.
 */
#pragma once

#include "lib/types.h"

struct domain;

/*
 * Claims the ports and the memory, meets all functions and stops interrupts
 * that firmware left on. The domain has its machine, PCI was initialised, the
 * memory is not in the p2m. 0, -XEN_ENOMEM, or what pio_add() and mmio_add()
 * said.
 */
int vpci_create(struct domain *d) must_check;
/* Gives back every vector; devices stop interrupting. No vCPU runs. Harmless
 * when there is none. */
void vpci_destroy(struct domain *d);
/* The domain restarts: no device interrupts, nothing is remembered. No vCPU
 * runs. */
void vpci_reset(struct domain *d);

/* A function (sbdf as in dev/pci.h) was found, or found changed: it is looked at
 * now. 0 or -XEN_ENODEV. */
int vpci_added(struct domain *d, uint32_t sbdf) must_check;
/* A function goes: what is remembered of it is forgotten. 0 or -XEN_ENODEV. */
int vpci_removed(struct domain *d, uint32_t sbdf) must_check;
/* The function was reset: its MSI and MSI-X are programmed anew from what the
 * domain last wrote. 0 or -XEN_ENODEV. */
int vpci_restore_msi(struct domain *d, uint32_t sbdf) must_check;
