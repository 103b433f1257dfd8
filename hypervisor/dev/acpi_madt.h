/* SPDX-License-Identifier: MIT */
/* MADT (ACPI 6.5 5.2.12): processors, I/O APICs, and how ISA interrupts reach
 * them. */
#pragma once

#include "dev/acpi.h"

#define ACPI_ISA_IRQS    16u

#define MADT_CPU_ENABLED 1u

enum madt_type {
	MADT_LAPIC = 0,
	MADT_IOAPIC = 1,
	MADT_OVERRIDE = 2,
	MADT_X2APIC = 9,
};

struct madt {
	struct acpi_header header;
	uint32_t lapic_address;
	uint32_t flags;
} __attribute__((packed));

struct madt_entry {
	uint8_t type;
	uint8_t length; /* including these two bytes */
} __attribute__((packed));

struct madt_lapic {
	struct madt_entry entry;
	uint8_t uid;
	uint8_t apic_id;
	uint32_t flags;
} __attribute__((packed));

struct madt_x2apic {
	struct madt_entry entry;
	uint16_t reserved;
	uint32_t apic_id;
	uint32_t flags;
	uint32_t uid;
} __attribute__((packed));

struct madt_ioapic {
	struct madt_entry entry;
	uint8_t id;
	uint8_t reserved;
	uint32_t address;
	uint32_t gsi_base;
} __attribute__((packed));

struct madt_override {
	struct madt_entry entry;
	uint8_t bus;
	uint8_t irq;
	uint32_t gsi;
	uint16_t flags;
} __attribute__((packed));

struct acpi_cpu {
	uint32_t apic_id;
	uint32_t uid; /* of its object in the DSDT */
};

/* Where an ISA interrupt arrives and with which signal. */
struct acpi_isa_irq {
	uint32_t gsi;
	bool level;
	bool active_low;
};

/*
 * Reads the MADT: silences the 8259s, ioapic_add() for each I/O APIC, and the
 * overrides. Boot only, after acpi_init(). 0 or -XEN_ENOENT without a MADT.
 */
int acpi_madt_init(void) must_check;

/* Calls `add` for each processor that is enabled, in the MADT's order, each
 * APIC id once. Boot only. */
void acpi_madt_cpus(void (*add)(const struct acpi_cpu *cpu, void *context),
		    void *context);

/* `irq` is below ACPI_ISA_IRQS. */
const struct acpi_isa_irq *acpi_madt_isa_irq(unsigned int irq);
