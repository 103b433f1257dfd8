/* SPDX-License-Identifier: MIT */
/*
 * Breakpoints in a guest's memory: an INT3 in the place of the first byte of an
 * instruction. Who reads memory sees what was there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libctl/corbel.h"

#define BREAKPOINTS_MAX 1024

struct breakpoints {
	size_t count;

	struct breakpoint {
		uint64_t at;
		uint8_t byte; /* that stood there */
	} list[BREAKPOINTS_MAX];
};

/* By the memory of `vcpu`. False where none can be. One that is there already, or
 * is not, is as it should be. */
bool breakpoints_insert(struct breakpoints *b, struct corbel_debug *d,
			unsigned int vcpu, uint64_t at);
bool breakpoints_remove(struct breakpoints *b, struct corbel_debug *d,
			unsigned int vcpu, uint64_t at);
void breakpoints_remove_all(struct breakpoints *b, struct corbel_debug *d,
			    unsigned int vcpu);
bool breakpoints_has(const struct breakpoints *b, uint64_t at);
/* Memory that was read at `at`, or is to be written there. */
void breakpoints_hide(const struct breakpoints *b, uint64_t at, uint8_t *bytes,
		      size_t size);
void breakpoints_keep(struct breakpoints *b, uint64_t at, uint8_t *bytes,
		      size_t size);
