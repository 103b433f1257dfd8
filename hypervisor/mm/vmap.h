/* SPDX-License-Identifier: MIT */
/* Mappings of device registers (for ever) and firmware tables (boot only). */
#pragma once

#include "lib/addr.h"

/* Uncached; any alignment; NULL when out of memory. Boot or under a lock. */
void *mm_map_device(maddr_t base, size_t len) must_check;

/* The same for frame buffers: writes may be gathered. Not found again. */
void *mm_map_write_combining(maddr_t base, size_t len) must_check;

/* Write-back, read-only; a few at once. NULL when too long. */
const void *mm_map_firmware(maddr_t base, size_t len) must_check;
void mm_unmap_firmware(const void *p, size_t len);
