/* SPDX-License-Identifier: MIT */
/*
 * The service VM's PCI: the machine's own configuration space, reached through
 * ports 0xcf8 to 0xcff and through memory, with a filter. Hidden functions are
 * absent; MSI and MSI-X are the domain's own view (vpci_function.h); the rest
 * passes to the hardware.
 *
 * Functions are met on first access, so hot-plugged ones need no notice.
 */
#pragma once

#include "lib/types.h"

struct domain;

/*
 * Claims the ports and the memory. The domain has its machine, PCI was
 * initialised, the memory is not in the p2m. 0, -XEN_ENOMEM, or what pio_add()
 * and mmio_add() said; then the domain is of no use.
 */
int vpci_create(struct domain *d) must_check;
/* A function (sbdf as in dev/pci.h) goes: what is known of it is forgotten. */
void vpci_removed(struct domain *d, uint32_t sbdf);
