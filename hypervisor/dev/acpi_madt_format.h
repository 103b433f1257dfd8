/* SPDX-License-Identifier: MIT */
/* The MADT as it is in memory (ACPI 6.5 5.2.12). */
#pragma once

#include "dev/acpi.h"

enum madt_type {
	MADT_LAPIC = 0,
	MADT_IOAPIC = 1,
	MADT_OVERRIDE = 2,
	MADT_X2APIC = 9,
};

#define MADT_PCAT_COMPAT        1u /* has 8259s too */
#define MADT_CPU_ENABLED        1u
#define MADT_CPU_ONLINE_CAPABLE 2u

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

static_assert(sizeof(struct madt_lapic) == 8, "ACPI 6.5 table 5.21");
static_assert(sizeof(struct madt_x2apic) == 16, "ACPI 6.5 table 5.34");
static_assert(sizeof(struct madt_ioapic) == 12, "ACPI 6.5 table 5.24");
static_assert(sizeof(struct madt_override) == 10, "ACPI 6.5 table 5.25");
