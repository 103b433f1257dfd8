/* SPDX-License-Identifier: MIT */
/* Turning the machine off and restarting it: the FADT's registers and \_S5. */
#pragma once

#include "dev/acpi.h"

/* Constant after acpi_power_init(). Port 0: not there. */
struct acpi_power {
	uint16_t pm1_control[2]; /* PM1a and PM1b */
	uint16_t reset_port;
	uint8_t reset_value;
	bool has_s5;
	uint8_t s5_type[2]; /* SLP_TYPa and SLP_TYPb of \_S5 */
};

extern struct acpi_power acpi_power;

/* Boot only, after acpi_init(). 0 or -XEN_ENOENT. */
int acpi_power_init(void) must_check;

/* Finds the package \_S5 in AML: its first two numbers. False when it is not
 * there. Pure. */
bool acpi_power_find_s5(const uint8_t *aml, size_t len, uint8_t type[2]);

/* Enters \_S5. Returns when the machine has none, or did not obey. Needs no
 * lock; the other pCPUs should have been stopped. */
void acpi_power_off(void);

/* Tries every known way, the surest last. */
void acpi_power_reset(void) noreturn;
