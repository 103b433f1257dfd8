/* SPDX-License-Identifier: MIT */
#pragma once

/* The life of a pCPU after boot: choose a vCPU, run it, or rest. Never returns.
 * The timer and kick interrupts are claimed by run_init(), once. */
void run_init(void);
void run_loop(void) __attribute__((noreturn));
