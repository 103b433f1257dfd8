/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

#define FONT_FIRST  ' '
#define FONT_GLYPHS 95
#define FONT_ROWS   8

/* Bit 4 of a row is its leftmost dot. */
extern const uint8_t font_rows[FONT_GLYPHS][FONT_ROWS];
