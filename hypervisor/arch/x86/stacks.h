/* SPDX-License-Identifier: MIT */
/*
 * Stack addresses by CPU and kind. Mapping them takes memory, which is a floor
 * above: the three hooks are defined in mm/stacks.c.
 */
#pragma once

#include "lib/types.h"

enum stack_kind { STACK_MAIN, STACK_NMI, STACK_DF, STACK_MC, STACK_KINDS };

uint64_t stack_top(unsigned int cpu, enum stack_kind kind);
bool stack_find(uint64_t address, unsigned int *cpu, unsigned int *kind);

bool stacks_map(unsigned int cpu);
void *stacks_alloc_zeroed(size_t size);
