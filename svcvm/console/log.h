/* SPDX-License-Identifier: MIT */
#pragma once

/* Writes one line, "corbel-consoled: ...", to stderr. Cannot fail. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
