/* SPDX-License-Identifier: MIT */
/*
 * DMA remapping. A space is what devices see of memory: frames by gfn, with
 * access. All devices of the machine share one space, since all are the service
 * VM's; what is not in it does not exist for them.
 */
#pragma once

#include "lib/addr.h"

#define IOMMU_READ  0x1u
#define IOMMU_WRITE 0x2u

struct iommu_space;

/*
 * Boot, after pci_init() and smp_init(). Finds and prepares the machine's units,
 * unless they are not `wanted`. One line says what there is; a warning, what is
 * not promised without.
 */
void iommu_init(bool wanted);

/* Boot. An empty space, NULL when there is no DMA remapping. */
struct iommu_space *iommu_space_create(void);

/* Boot. From now on all devices see the space, and where firmware still lets
 * them work, and nothing else. Nothing happens for NULL. Panics when out of
 * memory. */
void iommu_start(struct iommu_space *s);

/*
 * Devices may access 2^order frames at `g`, aligned; 0 for `access` takes them
 * away. What was there is replaced, and no unit knows it any more when this
 * returns. -XEN_ENOMEM: nothing has been given, but something may have been
 * taken away. One call at a time for each space: the caller's lock.
 */
int iommu_set(struct iommu_space *s, gfn_t g, mfn_t m, unsigned int order,
	      unsigned int access) must_check;
