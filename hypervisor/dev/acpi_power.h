/* SPDX-License-Identifier: MIT */
/* Turning the machine off, and starting it again. */
#pragma once

#include "lib/types.h"

/* Maps what a reset needs. Boot only, after acpi_fadt_init(). */
void acpi_power_init(void);

/* Enters \_S5. Returns when the machine has none, or did not obey. Needs no
 * lock; the other pCPUs should have been stopped. */
void acpi_power_off(void);

/* Tries every known way, the surest last. */
void acpi_reset(void) noreturn;
