/* SPDX-License-Identifier: MIT */
/*
 * Other programs that do a part of the work.
 */
#pragma once

#include <stddef.h>

enum program_end {
	PROGRAM_DONE,
	PROGRAM_FAILED, /* or could not be started */
	PROGRAM_ABSENT, /* there is none of that name */
};

/* Runs `argv`, found by PATH, to its end, away from this process' terminal and
 * signals. Unless it has succeeded `said` has the first line it wrote to stderr, or
 * what kept it from being started. */
enum program_end program_run(const char *const argv[], char *said, size_t size);
