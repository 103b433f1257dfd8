/* SPDX-License-Identifier: MIT */
/* FADT: the machine's fixed power-management registers, and \_S5. */
#pragma once

#include "dev/acpi.h"

struct acpi_fadt {
	struct acpi_gas pm1a_event; /* address 0: not there */
	struct acpi_gas pm1b_event;
	struct acpi_gas pm1a_control;
	struct acpi_gas pm1b_control;
	struct acpi_gas pm_timer;
	struct acpi_gas reset;
	struct acpi_gas sleep_control; /* hardware-reduced machines */
	uint8_t pm1_event_length;
	uint8_t reset_value;
	uint16_t sci_irq;    /* ISA number: see acpi_madt_isa_irq() */
	uint16_t boot_flags; /* IA-PC boot architecture flags */
	uint32_t flags;
	bool has_s5;
	uint8_t s5_type_a; /* SLP_TYPa and SLP_TYPb of \_S5 */
	uint8_t s5_type_b;
};

/* ACPI 6.5 table 5.10 */
#define ACPI_FADT_RESET_SUPPORTED 0x400u
#define ACPI_FADT_HW_REDUCED      0x100000u
#define ACPI_FADT_TIMER_32BIT     0x100u

/* Constant after acpi_fadt_init(). */
extern struct acpi_fadt acpi_fadt;

/* Boot only, after acpi_init(). 0 or -XEN_ENOENT. */
int acpi_fadt_init(void) must_check;

/* Finds the package \_S5 in AML: its first two numbers. False when it is not
 * there or not made of constants. Pure. */
bool acpi_find_s5(const uint8_t *aml, size_t len, uint8_t *type_a,
		  uint8_t *type_b);
