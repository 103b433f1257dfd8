/* SPDX-License-Identifier: MIT */
/* Instructions that C has no word for, and the names of our GDT's entries. */
#pragma once

#include "lib/abi.h"

#define CODE_32            0x08
#define DATA_FLAT          0x10
#define CODE_64            0x18
#define CODE_16            0x20
#define USER_DATA          0x33
#define USER_CODE_64       0x3b

#define MSR_TSC            0x10
#define MSR_APIC_BASE      0x1b
#define MSR_PAT            0x277
#define MSR_MTRR_DEF       0x2ff
#define MSR_EFER           0xc0000080
#define MSR_STAR           0xc0000081
#define MSR_LSTAR          0xc0000082
#define MSR_SYSCALL_MASK   0xc0000084
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

#define FLAGS_TF           (1u << 8)
#define FLAGS_IF           (1u << 9)
#define FLAGS_RF           (1u << 16)

#define ARRAY_SIZE(a)      (sizeof(a) / sizeof((a)[0]))
#define BIT(n)             (1ull << (n))
#define PAGE_SIZE          4096ul

struct cpuid {
	uint32_t a, b, c, d;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t sub)
{
	struct cpuid r;

	asm volatile("cpuid"
		     : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
		     : "a"(leaf), "c"(sub));
	return r;
}

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
	asm volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value),
		     "d"((uint32_t)(value >> 32))
		     : "memory");
}

static inline uint64_t rdtsc(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}

static inline void out8(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline void out16(uint16_t port, uint16_t value)
{
	asm volatile("outw %0, %1" ::"a"(value), "Nd"(port));
}

static inline void out32(uint16_t port, uint32_t value)
{
	asm volatile("outl %0, %1" ::"a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
	uint8_t value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline uint16_t in16(uint16_t port)
{
	uint16_t value;

	asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline uint32_t in32(uint16_t port)
{
	uint32_t value;

	asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline unsigned long read_cr0(void)
{
	unsigned long value;

	asm volatile("mov %%cr0, %0" : "=r"(value));
	return value;
}

static inline unsigned long read_cr4(void)
{
	unsigned long value;

	asm volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

static inline unsigned long read_flags(void)
{
	unsigned long value;

	asm volatile("pushf; pop %0" : "=r"(value)::"memory");
	return value;
}

static inline void irq_enable(void)
{
	asm volatile("sti" ::: "memory");
}

static inline void irq_disable(void)
{
	asm volatile("cli" ::: "memory");
}

/* Sleeps until an interrupt; STI's shadow leaves no gap before the HLT. */
static inline void irq_wait(void)
{
	asm volatile("sti; hlt; cli" ::: "memory");
}

static inline void cpu_pause(void)
{
	asm volatile("pause" ::: "memory");
}

/* Keeps the compiler from moving accesses to memory across it. */
static inline void barrier(void)
{
	asm volatile("" ::: "memory");
}
