/* SPDX-License-Identifier: MIT */
/* Single instructions: barriers, pause, halt, port I/O, TSC. */
#pragma once

#include "lib/types.h"

static inline void cpu_pause(void)
{
	__asm__ volatile("pause");
}

/* Lets pending interrupts in for one instruction (SDM 2B STI: one-insn shadow). */
static inline void interrupts_window(void)
{
	__asm__ volatile("sti; nop; nop; cli" ::: "memory");
}

/* Halts with interrupts on; STI's shadow closes the race with a wake-up. */
static inline void interrupts_wait(void)
{
	__asm__ volatile("sti; hlt; cli" ::: "memory");
}

static inline uint64_t rdtsc(void)
{
	uint32_t lo;
	uint32_t hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi)::"memory");
	return (uint64_t)hi << 32 | lo;
}

static inline void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline void outw(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" ::"a"(value), "Nd"(port));
}

static inline void outl(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline uint16_t inw(uint16_t port)
{
	uint16_t value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline uint32_t inl(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

/* Writes a cache line back to memory, for what does not look into caches. */
static inline void cpu_flush_line(const void *p)
{
	__asm__ volatile("clflush %0" ::"m"(*(const char *)p) : "memory");
}

static inline uint32_t mmio_read32(const volatile void *p)
{
	return *(const volatile uint32_t *)p;
}

static inline void mmio_write32(volatile void *p, uint32_t value)
{
	*(volatile uint32_t *)p = value;
}
