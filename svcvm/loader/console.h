/* SPDX-License-Identifier: MIT */
/*
 * The two things a loader can do when it fails: say so, and stop.
 */
#pragma once

/* Writes a text to the machine's console. */
void console_write(const char *text);

/* Ends the service VM as crashed. */
_Noreturn void console_crash(void);
