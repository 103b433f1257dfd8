/* SPDX-License-Identifier: MIT */
#pragma once

/* Writes one line, "corbel-stored: ...", to stderr. Cannot fail. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, then ends the daemon. Its state is in the journal: it can be
 * started again. */
void log_fatal(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));
