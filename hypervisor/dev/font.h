/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

#define FONT_FIRST  ' '
#define FONT_GLYPHS 95
#define FONT_DOTS   5
#define FONT_ROWS   8

/* Five bits a row, the top row in the highest; the last row is for what hangs
 * below the line. */
extern const uint64_t font_glyphs[FONT_GLYPHS];

/* A row of a printable character: bit 4 is its leftmost dot. */
static inline unsigned int font_row(char c, unsigned int row)
{
	return font_glyphs[c - FONT_FIRST] >>
		       FONT_DOTS * (FONT_ROWS - 1 - row) &
	       31;
}
