/* SPDX-License-Identifier: MIT */
/*
 * Virtual I/O APICs of the service VM. Each mirrors one of the machine's, as
 * the GSI numbers in the service VM's ACPI tables are the machine's.
 */
#pragma once

#include "lib/types.h"

struct domain;

/* Makes d->machine->ioapics and claims their registers. 0, -XEN_ENOMEM, or what
 * mmio_add() said. */
int vioapic_create(struct domain *d) must_check;
/* Gives the physical lines back. */
void vioapic_destroy(struct domain *d);

/* A local APIC ended a level-triggered interrupt with this vector. */
void vioapic_eoi(struct domain *d, uint8_t vector);
