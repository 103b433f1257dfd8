/* SPDX-License-Identifier: MIT */
/*
 * How much one guest may make a daemon do: an allowance that refills with time,
 * so that a short burst passes and a flood is slowed down.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define LIMIT_SECONDS_MAX 4

struct limit {
	uint64_t rate; /* of whatever it is, a second */
	uint64_t most; /* that is saved up */
	uint64_t left;
	uint64_t then; /* ns, when `left` was true */
};

/* What `seconds` give is saved up, and is there at first; LIMIT_SECONDS_MAX at
 * most. `rate` is at most 4 Gi. Times are in ns of any clock that does not go
 * back. */
void limit_start(struct limit *limit, uint64_t rate, unsigned int seconds,
		 uint64_t now);

/* What may be done now. */
uint64_t limit_left(struct limit *limit, uint64_t now);

/* Takes `amount` away, or all that is left. */
void limit_take(struct limit *limit, uint64_t amount);

/* ns until a quarter of a second's allowance is there. */
uint64_t limit_wait(const struct limit *limit);
