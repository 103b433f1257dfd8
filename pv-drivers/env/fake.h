/* SPDX-License-Identifier: MIT */
/*
 * The fake environment: both halves of a driver in one process, for unit
 * tests. There is one guest, FAKE_GUEST, and one grant table, which is its.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FAKE_GUEST 7u

struct env;

/* Counters of what the halves did. */
struct fake_counts {
	unsigned int notifies;
	unsigned int maps;   /* pages mapped now */
	unsigned int copies; /* pieces copied */
	unsigned int map_calls;
	unsigned int ports; /* bound now */
};

struct fake_counts fake_counts(const struct env *env);

/* The next `count` calls of env_map() fail. */
void fake_fail_maps(struct env *env, unsigned int count);
