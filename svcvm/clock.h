/* SPDX-License-Identifier: MIT */
/*
 * The clock of daemons and library: it does not jump, and begins when the machine does.
 */
#pragma once

#include <stdint.h>
#include <time.h>

#define CLOCK_MS     1000000ull
#define CLOCK_SECOND 1000000000ull

static inline uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * CLOCK_SECOND + (uint64_t)now.tv_nsec;
}

static inline int64_t clock_ms(void)
{
	return (int64_t)(clock_ns() / CLOCK_MS);
}
