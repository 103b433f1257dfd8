/* SPDX-License-Identifier: MIT */
/* This CPU's physical local APIC, by MMIO or, where there, by x2APIC MSRs. */
#pragma once

#include "lib/types.h"

/* Boot CPU, once: chooses the mode; `registers` maps the MMIO page (unused in
 * x2APIC mode, may be NULL then). */
void lapic_init(void *registers, bool x2apic);
/* Every CPU: enables it. */
void lapic_cpu_init(void);
bool lapic_is_x2apic(void);

uint32_t lapic_id(void);
void lapic_eoi(void);

/* What one CPU sends to another: a vector, or one of these. */
#define LAPIC_NMI           (4u << 8)
#define LAPIC_INIT          (5u << 8)
#define LAPIC_STARTUP(page) (6u << 8 | (uint32_t)(page) >> 12)

void lapic_send(uint32_t apic_id, uint32_t message);
/* To this CPU; may interrupt any of the others (from an NMI). */
void lapic_send_self(uint8_t vector);

/* One-shot timer in ticks of the APIC bus (divided by 1); 0 stops it. */
void lapic_timer_set(uint32_t ticks);
uint32_t lapic_timer_left(void);

/* The hypervisor's interrupt vectors. Higher ones have priority. */

#define VECTOR_FIRST_DEVICE 0x30 /* 0x30..0xdf: device interrupts */
#define VECTOR_LAST_DEVICE  0xdf
#define VECTOR_KICK         0xf0
#define VECTOR_TIMER        0xf1
#define VECTOR_REPORT       0xf2 /* lines of log_from_trap() wait */
#define VECTOR_ERROR        0xfe
#define VECTOR_SPURIOUS     0xff
