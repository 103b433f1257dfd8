/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

struct pcpu;

/* Once for each pCPU, by the boot CPU. 0 or -XEN_ENOMEM. */
int window_cpu_init(struct pcpu *p) must_check;
/* Drops this pCPU's cached windows; none may be pinned. */
void window_flush(void);
