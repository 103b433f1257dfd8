/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

/* Sum of all bytes, modulo 256: zero for an intact ACPI table. */
uint8_t checksum_bytes(const void *p, size_t len);
