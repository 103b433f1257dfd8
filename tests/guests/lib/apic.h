/* SPDX-License-Identifier: MIT */
/* The local APIC by MMIO or by MSRs, and starting the other vCPUs. */
#pragma once

#include "lib/abi.h"

#define APIC_BASE 0xfee00000ull

enum apic_register {
	APIC_ID = 0x20,
	APIC_VERSION = 0x30,
	APIC_TPR = 0x80,
	APIC_PPR = 0xa0,
	APIC_EOI = 0xb0,
	APIC_LDR = 0xd0,
	APIC_DFR = 0xe0,
	APIC_SPURIOUS = 0xf0,
	APIC_ISR = 0x100,
	APIC_TMR = 0x180,
	APIC_IRR = 0x200,
	APIC_ERROR = 0x280,
	APIC_ICR = 0x300,
	APIC_ICR_HIGH = 0x310,
	APIC_LVT_TIMER = 0x320,
	APIC_LVT_LINT0 = 0x350,
	APIC_LVT_LINT1 = 0x360,
	APIC_LVT_ERROR = 0x370,
	APIC_TIMER_INITIAL = 0x380,
	APIC_TIMER_CURRENT = 0x390,
	APIC_TIMER_DIVIDE = 0x3e0,
	APIC_SELF = 0x3f0, /* x2APIC only */
};

#define ICR_INIT      0x4500u
#define ICR_STARTUP   0x4600u
#define ICR_NMI       0x4400u
#define ICR_FIXED     0x4000u
#define ICR_LOGICAL   0x0800u
#define ICR_TO_SELF   0x40000u
#define ICR_TO_ALL    0x80000u
#define ICR_TO_OTHERS 0xc0000u

/* Enables this CPU's APIC, by MMIO or, with `x2`, by MSRs. */
void apic_enable(bool x2);
bool apic_is_x2(void);
bool apic_has_x2(void);

uint32_t apic_read(unsigned reg);
void apic_write(unsigned reg, uint32_t value);
void apic_eoi(void);

/* Sends the command `icr` to the APIC with this id (or logical id). */
void apic_send(uint32_t destination, uint32_t icr);

/* vCPUs by the MADT; ids in the order of their numbers. */
unsigned smp_count(void);
uint32_t smp_apic_id(unsigned cpu);

/*
 * Runs run(cpu) on that CPU, which sleeps with interrupts off before and
 * after. Started by INIT and SIPI when it is first used. False: it never came.
 */
bool smp_call(unsigned cpu, void (*run)(unsigned cpu));

/* The same without waiting for the end; smp_wait() does. */
bool smp_call_begin(unsigned cpu, void (*run)(unsigned cpu));
bool smp_wait(unsigned cpu);
