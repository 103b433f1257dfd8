/* SPDX-License-Identifier: MIT */
/*
 * How much one guest may write: an allowance that refills with time, so that a
 * short burst passes and a flood is slowed down.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct limit {
	uint64_t rate; /* bytes a second; also the most that is saved up */
	uint64_t left; /* bytes */
	uint64_t then; /* ns, when `left` was true */
};

/* `rate` is at most 4 GiB. Times are in ns of any clock that does not go back.
 * The allowance begins full. */
void limit_start(struct limit *limit, uint64_t rate, uint64_t now);

/* Bytes that may be written now. */
uint64_t limit_left(struct limit *limit, uint64_t now);

/* Takes `bytes` away, or all that is left. */
void limit_take(struct limit *limit, uint64_t bytes);

/* ns until a quarter of a second's allowance is there. */
uint64_t limit_wait(const struct limit *limit);
