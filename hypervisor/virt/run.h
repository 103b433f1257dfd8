/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

/* Claims the timer interrupt; once. */
void run_init(void);
/* The life of a pCPU after boot: choose a vCPU, run it, or rest. */
void run_loop(void) noreturn;
