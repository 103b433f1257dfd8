/* SPDX-License-Identifier: MIT */
/* MADT: processors, I/O APICs, and how ISA interrupts reach them. */
#pragma once

#include "lib/types.h"

#define ACPI_ISA_IRQS 16u

struct acpi_cpu {
	uint32_t apic_id;
	uint32_t uid;        /* of its object in the DSDT */
	bool enabled;        /* present and usable now */
	bool online_capable; /* may be plugged in later */
};

/* Where ISA interrupt `irq` arrives and with which signal. */
struct acpi_isa_irq {
	uint32_t gsi;
	bool level;
	bool active_low;
	bool overridden; /* said by the MADT, not the default of the ISA bus */
	uint16_t flags;  /* the MADT's own words, for passing on */
};

/*
 * Reads the MADT: silences the 8259s, ioapic_add() for each I/O APIC, and the
 * overrides. Boot only, after acpi_init(). 0 or -XEN_ENOENT without a MADT.
 */
int acpi_madt_init(void) must_check;

/* Calls `add` for each processor that is enabled or may become so, in the
 * MADT's order, each APIC id once. Boot only. */
void acpi_madt_cpus(void (*add)(const struct acpi_cpu *cpu, void *context),
		    void *context);

/* `irq` is below ACPI_ISA_IRQS. */
const struct acpi_isa_irq *acpi_madt_isa_irq(unsigned int irq);

/* Signal of any GSI: that of the ISA interrupt that arrives there, else PCI's
 * (level, active low). */
void acpi_madt_gsi_signal(uint32_t gsi, bool *level, bool *active_low);
