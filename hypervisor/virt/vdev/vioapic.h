/* SPDX-License-Identifier: MIT */
/*
 * Virtual I/O APICs. A line, named by its global system interrupt (GSI), is
 * raised by a physical interrupt (vioapic_interrupt()) or by a virtual device
 * (vioapic_set_line()), and becomes a message to local APICs as its redirection
 * entry says.
 *
 * A level-triggered line sends one message, sets remote IRR, and waits until a
 * local APIC ends the interrupt before it may send the next.
 */
#pragma once

#include "lib/types.h"

struct domain;
struct ioapic_info;

#define VIOAPIC_MAX_PINS 240u /* 82093AA: the version register has 8 bits */

/*
 * Physical lines behind the pins; the machine's owner registers them. Called
 * with the I/O APIC's LOCK_VDEV held: they may take LOCK_IRQ and must not call
 * back into this module.
 */
struct vioapic_host_ops {
	/* The line is used from now on with this trigger and polarity; also
	 * called again when these change. It stays masked until unmask(). 0 or
	 * an error, after which the pin is silent until unmasked again. */
	int (*bind)(struct domain *d, uint32_t gsi, bool level,
		    bool active_low);
	/* The guest masked or unmasked a bound line. */
	void (*mask)(struct domain *d, uint32_t gsi);
	void (*unmask)(struct domain *d, uint32_t gsi);
	/* The level interrupt given to vioapic_interrupt() is over: the line
	 * may raise the next. Until then the host keeps it from firing. It may
	 * be masked by the guest at the same time. */
	void (*eoi)(struct domain *d, uint32_t gsi);
};

/* Makes d->machine->ioapics and claims their registers. */
int vioapic_create(struct domain *d, const struct ioapic_info *table,
		   unsigned int count,
		   const struct vioapic_host_ops *ops) must_check;
/* The owner has unbound the physical lines. */
void vioapic_destroy(struct domain *d);
/* All entries masked, nothing pending; bound lines are masked. */
void vioapic_reset(struct domain *d);

/*
 * A bound physical line fired: once for an edge, once until eoi() for a level.
 * From any pCPU, with no lock of LOCK_VDEV or above held. False when the domain
 * has no such bound pin: then nobody will call eoi().
 */
bool vioapic_interrupt(struct domain *d, uint32_t gsi);

/* A virtual device drives its line; edges are taken from changes. Callable with
 * nothing of LOCK_VDEV or above held. Unknown GSIs are ignored. */
void vioapic_set_line(struct domain *d, uint32_t gsi, bool high);

/* A local APIC ended a level-triggered interrupt with this vector. */
void vioapic_eoi(struct domain *d, uint8_t vector);
