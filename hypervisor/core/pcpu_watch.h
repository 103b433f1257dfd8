/* SPDX-License-Identifier: MIT */
/*
 * Each pCPU looks once a second whether its neighbour still goes round its run
 * loop. One that has not for PCPU_WATCH_LIMIT looks is asked by NMI where it is:
 * the answer is a panic.
 */
#pragma once

#include "lib/types.h"

#define PCPU_WATCH_LIMIT 5u

struct trap_frame;

extern bool pcpu_watch_wanted; /* boot option; on by default */

/* Boot CPU, once, when all pCPUs are started. */
void pcpu_watch_start(void);
/* Says that this pCPU is alive, during work that takes seconds (dumps). */
void pcpu_watch_touch(void);
/* From the NMI handler. Panics when this pCPU is stuck; true when the NMI was
 * the watchdog's. */
bool pcpu_watch_nmi(const struct trap_frame *f);
