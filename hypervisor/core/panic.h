/* SPDX-License-Identifier: MIT */
/* What happens when the hypervisor itself fails. panic() is in hooks.h. */
#pragma once

#include "lib/types.h"

/* True from the first word of the report on: locks mean nothing any more. */
bool panic_is_under_way(void);
/* Stops this pCPU for ever when another one panics; returns otherwise. */
void panic_park(void);

/* Prints the call chain from a frame pointer on, with names. */
void backtrace(uint64_t rip, uint64_t rbp);

/* What to do after the report: set by the boot options. */
enum panic_policy { PANIC_REBOOT, PANIC_HALT };

extern uint32_t panic_policy;
extern void (*panic_reboot)(void); /* set when the machine can be reset */

/* The function that holds `address` and the distance from its start; NULL when
 * it is not in our text. The table is made by the build (symbols.awk). */
const char *symbol_find(uint64_t address, uint64_t *offset);
