/* SPDX-License-Identifier: MIT */
/*
 * Windows: the only way to reach a frame that belongs to a guest. Per-CPU,
 * cached by mfn, so that mapping the same frame again costs a look-up.
 *
 * A pointer is good until the matching window_unmap() on the same CPU; at most
 * WINDOW_PINS may be held at once. After that it still shows the same frame as
 * long as pcpu->window_changes is what it was (virt/translate.c uses that).
 */
#pragma once

#include "lib/addr.h"

#define WINDOW_PINS 16

/* The whole frame, readable and writable. Cannot fail. */
void *window_map(mfn_t f);
void window_unmap(const void *p);
/* The same for a pointer that may also be into hypervisor memory: then this
 * does nothing. */
void window_unmap_if_window(const void *p);

struct pcpu;

/* Once for each pCPU, by the boot CPU. 0 or -XEN_ENOMEM. */
int window_cpu_init(struct pcpu *p) must_check;
/* Drops this pCPU's cached windows; none may be pinned. */
void window_flush(void);
