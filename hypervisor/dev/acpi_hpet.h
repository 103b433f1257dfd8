/* SPDX-License-Identifier: MIT */
/* Where the HPET is. */
#pragma once

#include "lib/addr.h"

/* Address of its registers, 0 when there is none. Boot only. */
maddr_t acpi_hpet_base(void);
