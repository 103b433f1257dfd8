/* SPDX-License-Identifier: MIT */
/*
 * The log: a ring the service VM can read (sysctl readconsole), and sinks that
 * get each character as it comes. log_print() itself is in arch/x86/hooks.h.
 */
#pragma once

#include "arch/x86/hooks.h"

#define LOG_SINKS_MAX 3

/* Called with the log's lock held. */
typedef void (*log_sink_t)(const char *text, size_t len);

void log_add_sink(log_sink_t sink);
/* Lines above this level are dropped. */
extern uint32_t log_level_max;
/* Raw text of the service VM's console: to the sinks, not to the ring. */
void log_console_write(const char *text, size_t len);
/*
 * Copies up to `len` bytes of the ring from `*index` (a running position) on;
 * moves `*index`. Returns the number of bytes.
 */
size_t log_read(char *buf, size_t len, uint32_t *index);
/* Behind log_from_trap(), when an interrupt is taken. */
void log_trap_report(void);
/* Takes the log's lock away from whoever died with it. */
void log_break_lock(void);

/*
 * What was typed at the serial console, kept until the service VM reads it. A
 * full ring drops what comes last.
 *
 * Ctrl-A typed three times moves the input to the hypervisor's debug keys, and
 * back. The first two reach whoever had it.
 */

/* From the UART's interrupt handler. */
void console_input_put(char c);
/* Takes up to `len` bytes; returns how many there were. */
size_t console_input_read(char *buf, size_t len);

/* Told after each byte, with no lock held; set once at boot. */
extern void (*console_input_hook)(void);
