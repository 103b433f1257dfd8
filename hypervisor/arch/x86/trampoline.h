/* SPDX-License-Identifier: MIT */
/* Parameters at the end of the trampoline's page, by offset. */
#pragma once

#define TRAMPOLINE_CR3         0
#define TRAMPOLINE_STACK       8
#define TRAMPOLINE_PCPU        16
#define TRAMPOLINE_ENTRY       24
#define TRAMPOLINE_PARAMS_SIZE 32

#ifndef __ASSEMBLER__
#include "lib/types.h"

struct trampoline_params {
	uint64_t cr3;
	uint64_t stack;
	uint64_t pcpu;
	uint64_t entry;
};

static_assert(sizeof(struct trampoline_params) == TRAMPOLINE_PARAMS_SIZE,
	      "as trampoline.S has it");

extern const char trampoline_start[];
extern const char trampoline_end[];
#endif
