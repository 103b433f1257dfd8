/* SPDX-License-Identifier: MIT */
#pragma once

/* Boot, after the processors were started: which is which in ACPI's tables. */
void platform_op_init(void);
