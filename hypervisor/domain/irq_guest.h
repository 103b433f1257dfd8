/* SPDX-License-Identifier: MIT */
/*
 * Physical interrupt lines (GSIs) that belong to a domain.
 *
 * A line does what the domain's I/O APIC entry says. A level interrupt masks
 * the physical pin until the domain has ended it, so no pCPU ever waits for a
 * guest with an interrupt in service.
 */
#pragma once

#include "lib/types.h"

struct domain;
struct vcpu;

/*
 * What a physical line does to its domain: called from the interrupt handler
 * of any pCPU with nothing held; once for an edge, once until
 * irq_guest_eoi() for a level. False when the domain will never end it.
 */
typedef bool (*irq_guest_sink_t)(struct domain *d, uint32_t gsi);

/* The virtual I/O APIC's entrance. At boot, before any line is bound. */
void irq_guest_set_sink(irq_guest_sink_t sink);

/* These may be called with LOCK_VDEV held. The last three ignore lines that
 * are not the domain's. */

/*
 * The domain uses the line from now on, or with another signal. It stays masked
 * until irq_guest_unmask(). 0, -XEN_ENOENT (no such pin), -XEN_EBUSY (another
 * domain's), -XEN_ENOSPC (no vector left).
 */
int irq_guest_bind(struct domain *d, uint32_t gsi, bool level,
		   bool active_low) must_check;
/* No more interrupts after return, except one on its way. */
void irq_guest_mask(struct domain *d, uint32_t gsi);
void irq_guest_unmask(struct domain *d, uint32_t gsi);
/* The level interrupt is over: the line may raise the next. */
void irq_guest_eoi(struct domain *d, uint32_t gsi);

/* Takes all lines away from a domain. */
void irq_guest_release(struct domain *d);

/* A pCPU for physical interrupts meant for this vCPU (NULL: no matter): the
 * one it ran on last, where a physical destination can name it. */
unsigned int irq_guest_cpu(const struct vcpu *v);
