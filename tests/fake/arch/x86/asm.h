/* SPDX-License-Identifier: MIT */
/*
 * User-space stand-in for arch/x86/asm.h. What needs ring 0 is replaced by
 * calls that a test steers through fake.h; the rest is the real thing.
 */
#pragma once

#include <sched.h>

/* clang-format off */
#define cpu_pause real_cpu_pause
#define interrupts_window real_interrupts_window
#define interrupts_wait real_interrupts_wait
#define rdtsc real_rdtsc
#define outb real_outb
#define outw real_outw
#define outl real_outl
#define inb real_inb
#define inw real_inw
#define inl real_inl
#include "../../../../hypervisor/arch/x86/asm.h"
#undef cpu_pause
#undef interrupts_window
#undef interrupts_wait
#undef rdtsc
#undef outb
#undef outw
#undef outl
#undef inb
#undef inw
#undef inl
/* clang-format on */

extern uint64_t fake_tsc;       /* what rdtsc() reads */
extern unsigned int fake_halts; /* times the CPU was halted */
extern unsigned int fake_interrupt_windows;

/* Port I/O; NULL hooks: writes vanish, reads are all ones. */
extern void (*fake_port_out)(uint16_t port, unsigned int bytes, uint32_t value);
extern uint32_t (*fake_port_in)(uint16_t port, unsigned int bytes);

/* Threads play pCPUs: the one that is waited for may not be running. */
static inline void cpu_pause(void)
{
	sched_yield();
}

static inline void interrupts_window(void)
{
	fake_interrupt_windows++;
}

static inline void interrupts_wait(void)
{
	fake_halts++;
}

static inline uint64_t rdtsc(void)
{
	return fake_tsc;
}

static inline void outb(uint16_t port, uint8_t value)
{
	if (fake_port_out != NULL) {
		fake_port_out(port, 1, value);
	}
}

static inline void outw(uint16_t port, uint16_t value)
{
	if (fake_port_out != NULL) {
		fake_port_out(port, 2, value);
	}
}

static inline void outl(uint16_t port, uint32_t value)
{
	if (fake_port_out != NULL) {
		fake_port_out(port, 4, value);
	}
}

static inline uint8_t inb(uint16_t port)
{
	return fake_port_in == NULL ? 0xff : (uint8_t)fake_port_in(port, 1);
}

static inline uint16_t inw(uint16_t port)
{
	return fake_port_in == NULL ? 0xffff : (uint16_t)fake_port_in(port, 2);
}

static inline uint32_t inl(uint16_t port)
{
	return fake_port_in == NULL ? 0xffffffff : fake_port_in(port, 4);
}
