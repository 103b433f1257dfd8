/* SPDX-License-Identifier: MIT */
/*
 * What a loader wants of the hypervisor: to tell the time, and when it fails to
 * say so and stop.
 */
#pragma once

#include <stdint.h>

/* Writes a text to the machine's console. */
void console_write(const char *text);

/* The machine's wall clock shows these seconds since 1970 now, UTC; nothing
 * happens for 0. */
void console_set_clock(uint64_t seconds);

/* Ends the service VM as crashed. */
_Noreturn void console_crash(void);
