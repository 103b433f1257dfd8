/* SPDX-License-Identifier: MIT */
/*
 * Physical interrupts that belong to a domain.
 *
 * A line (GSI) follows the domain's virtual I/O APIC entry: unmasked there, it
 * is routed and unmasked here. A level interrupt masks the physical pin until
 * the domain has ended it, so the pCPU never waits for a guest. An MSI vector
 * is a host vector whose handler belongs to the caller.
 */
#pragma once

#include "core/irq.h"
#include "lib/types.h"

struct domain;
struct vcpu;

/*
 * What a physical line does to its domain. Runs in the interrupt handler of any
 * pCPU with nothing held. Level: raise the virtual line, which stays up until
 * irq_guest_line_eoi(). Edge: one pulse. The virtual I/O APIC sets this once
 * before any line is opened.
 */
typedef void (*irq_guest_sink_t)(struct domain *d, uint32_t gsi, bool level);

void irq_guest_set_sink(irq_guest_sink_t sink);

/* As the guest's I/O APIC entry says. */
struct irq_guest_signal {
	bool level;
	bool active_low;
};

/*
 * The domain's I/O APIC entry for `gsi` is unmasked with this signal, for a
 * vCPU whose pCPU is `cpu`. Opening an open line again with the same signal
 * changes nothing. The virtual I/O APIC's lock (LOCK_VDEV) may be held.
 * 0, -XEN_ENOENT (no such pin), -XEN_EBUSY (another domain's), -XEN_ENOSPC (no
 * vector left).
 */
int irq_guest_line_open(struct domain *d, uint32_t gsi,
			struct irq_guest_signal signal,
			unsigned int cpu) must_check;
/* The entry is masked: no more interrupts after return, except one on its way.
 * LOCK_VDEV may be held. */
void irq_guest_line_close(struct domain *d, uint32_t gsi);
/* The guest has ended a level interrupt and its virtual line is down again: the
 * physical pin may raise it anew. LOCK_VDEV may be held. */
void irq_guest_line_eoi(struct domain *d, uint32_t gsi);
/* Closes all lines of a domain that goes away or restarts. */
void irq_guest_release(struct domain *d);

/* The pCPU that physical interrupts for this vCPU should go to. */
unsigned int irq_guest_cpu(const struct vcpu *v);
