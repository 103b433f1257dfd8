/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

/* The function that holds `address` and the distance from its start; NULL when
 * it is not in our text. The table is made by the build (symbols.awk). */
const char *symbol_find(uint64_t address, uint64_t *offset);
