/* SPDX-License-Identifier: MIT */
/*
 * DMA and interrupt remapping. A space is what devices see of memory: frames by gfn, with
 * access. All devices of the machine share one space, since all are the service
 * VM's; what is not in it does not exist for them. A message becomes an
 * interrupt if it is one that we gave its sender (iommu_irq.c).
 */
#pragma once

#include "lib/addr.h"

#define IOMMU_READ       0x1u
#define IOMMU_WRITE      0x2u

#define IOMMU_ANY_SOURCE UINT32_MAX
#define IOMMU_IRQ_ID_MAX 0xfeu /* of local APICs: messages have eight bits */

struct iommu_space;

struct iommu_irq {
	uint32_t source; /* sbdf; IOMMU_ANY_SOURCE: its messages bear others' */
	uint16_t index;  /* of its messages, or pins */
	uint8_t vector;  /* of our own, 0: none */
	bool level;      /* pins only */
	uint32_t cpu;    /* whose vector */
};

struct iommu_message {
	uint32_t address; /* the upper half is 0 */
	uint32_t data;
};

/*
 * Boot, after pci_init(). Finds and prepares the machine's units,
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

/*
 * The message that the source is to send for this interrupt; units let it pass
 * from now on. -XEN_ENOMEM; -XEN_ENOSPC: the units know no such message. Calls for
 * one source come one at a time: the caller's lock. No lock above LOCK_DEVICE.
 */
int iommu_irq_set(const struct iommu_irq *q,
		  struct iommu_message *m) must_check;
/* Units know it no more. Before its vector is freed. */
void iommu_irq_clear(const struct iommu_irq *q);

/* The same for a pin, which is routed and masked then. Its source and index are
 * found here. */
int iommu_pin_set(uint32_t gsi, const struct iommu_irq *q,
		  bool active_low) must_check;
void iommu_pin_clear(uint32_t gsi, const struct iommu_irq *q);
