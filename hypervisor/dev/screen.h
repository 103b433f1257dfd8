/* SPDX-License-Identifier: MIT */
/*
 * The log on the machine's screen, as the boot loader left it, until the
 * service VM takes it.
 */
#pragma once

#include "lib/addr.h"

struct screen_mode {
	maddr_t base;
	uint32_t pitch; /* bytes from line to line */
	uint32_t width; /* pixels, or characters in text mode */
	uint32_t height;
	uint8_t bpp;  /* bits per pixel */
	bool is_text; /* EGA text: character and attribute bytes */
};

/* Clears the screen and shows the log on it from its beginning. False when it
 * has a mode we cannot draw in, or memory is short. Once, at boot. */
bool screen_init(const struct screen_mode *mode);
/* Not touched any more from now on. */
void screen_release(void);
/* The log sink behind it. */
void screen_write(const char *text, size_t len);
