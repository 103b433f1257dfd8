/* SPDX-License-Identifier: MIT */
/*
 * What was typed at the serial console, kept until the service VM reads it. A
 * full ring drops what comes last.
 *
 * Ctrl-A typed three times moves the input to the hypervisor's debug keys, and
 * back. The first two reach whoever had it.
 */
#pragma once

#include "lib/types.h"

/* From the UART's interrupt handler. */
void console_input_put(char c);
/* Takes up to `len` bytes; returns how many there were. */
size_t console_input_read(char *buf, size_t len);

/* Told after each byte, with no lock held; set once at boot. */
extern void (*console_input_hook)(void);
