/* SPDX-License-Identifier: MIT */
/* MCFG: where PCI configuration space is in memory. */
#pragma once

#include "lib/addr.h"

#define ACPI_MAX_MCFG 16

/* Function (bus b, devfn f) of the segment is at base + (b << 20 | f << 12). */
struct acpi_mcfg {
	maddr_t base; /* as if the segment began at bus 0 */
	uint16_t segment;
	uint8_t first_bus;
	uint8_t last_bus;
};

/* Constant after acpi_mcfg_init(). */
extern struct acpi_mcfg acpi_mcfg[ACPI_MAX_MCFG];
extern unsigned int acpi_mcfg_count;

/* Boot only, after acpi_init(). A machine without MCFG has none. */
void acpi_mcfg_init(void);
