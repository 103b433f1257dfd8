/* SPDX-License-Identifier: MIT */
/* Checks of numbers that the other side of a ring sent. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Whether [start, start + count) lies in [0, limit), without wrapping. */
static inline bool ring_range_ok(uint64_t start, uint64_t count, uint64_t limit)
{
	return count <= limit && start <= limit - count;
}
