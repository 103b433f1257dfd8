/* SPDX-License-Identifier: MIT */
/* Starting the other CPUs, and making them look up from what they do. */
#pragma once

#include "lib/types.h"

struct pcpu;

/* Per-CPU areas of every floor up to this one. NULL: out of memory. */
struct pcpu *smp_create(unsigned int id, uint32_t apic_id);

/*
 * Starts the CPU with that APIC id (AMD APM 2, 16.9) and waits until it has
 * reported; it goes on in `entry` with interrupts off. `page` is a free RAM page
 * below 1 MiB. -XEN_ETIME when it does not answer, -XEN_ENOMEM.
 */
int smp_start(uint32_t apic_id, uint64_t page, void (*entry)(void)) must_check;
