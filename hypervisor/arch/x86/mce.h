/* SPDX-License-Identifier: MIT */
/*
 * Machine checks: errors that the hardware found (AMD APM 2, chapter 9; Intel
 * SDM 3B, chapter 15). An uncorrected one ends in a panic: we cannot tell whose
 * data it was. Nothing polls for corrected ones; they are said when they come
 * along with an exception, and at boot when the firmware left some.
 */
#pragma once

#include "lib/types.h"

struct trap_frame;

/* Every CPU, once: turns all banks on, reports what they held. */
void mce_cpu_init(void);
/* Vector 18 while the hypervisor ran; from trap_entry(), on its own stack. */
void mce_received(const struct trap_frame *f);
/* The same exception ended guest mode. */
void mce_in_guest(void);
