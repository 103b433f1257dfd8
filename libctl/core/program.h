/* SPDX-License-Identifier: MIT */
/*
 * Other programs that do a part of the work.
 */
#pragma once

#include <stddef.h>

/* Runs `argv`, found by PATH, to its end, away from this process' terminal and
 * signals. 0 if it has succeeded; else -1, and `said` has the first line it wrote
 * to stderr, or what kept it from being started. */
int program_run(const char *const argv[], char *said, size_t size);
