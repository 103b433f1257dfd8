/* SPDX-License-Identifier: MIT */
/* The local APIC by MMIO or by MSRs. */
#include "lib/apic.h"

#include "lib/cpu.h"
#include "lib/trap.h"

#define BASE_X2         BIT(10)
#define BASE_ENABLE     BIT(11)
#define X2_MSR(reg)     (0x800u + (reg) / 16)
#define SPURIOUS_VECTOR 0xff

static bool x2_mode[CPU_MAX];

bool apic_has_x2(void)
{
	return (cpuid(1, 0).c & BIT(21)) != 0;
}

bool apic_is_x2(void)
{
	return x2_mode[cpu_number()];
}

static void spurious(struct trap_frame *frame)
{
	(void)frame;
}

void apic_enable(bool x2)
{
	uint64_t base = rdmsr(MSR_APIC_BASE) | BASE_ENABLE;

	/* From x2APIC back to xAPIC the way leads through disabled only. */
	if ((base & BASE_X2) != 0 && !x2) {
		base &= ~(BASE_X2 | BASE_ENABLE);
		wrmsr(MSR_APIC_BASE, base);
		base |= BASE_ENABLE;
	}
	wrmsr(MSR_APIC_BASE, base);
	if (x2) {
		wrmsr(MSR_APIC_BASE, base | BASE_X2);
	}
	x2_mode[cpu_number()] = x2;
	trap_handle(SPURIOUS_VECTOR, spurious);
	apic_write(APIC_SPURIOUS, 0x100 | SPURIOUS_VECTOR);
	apic_write(APIC_TPR, 0);
	if (!x2) {
		apic_write(APIC_DFR, 0xffffffff);
		apic_write(APIC_LDR, 1u << (24 + cpu_number()));
	}
}

uint32_t apic_read(unsigned reg)
{
	if (apic_is_x2()) {
		return (uint32_t)rdmsr(X2_MSR(reg));
	}
	return *(volatile uint32_t *)(APIC_BASE + reg);
}

void apic_write(unsigned reg, uint32_t value)
{
	if (apic_is_x2()) {
		wrmsr(X2_MSR(reg), value);
	} else {
		*(volatile uint32_t *)(APIC_BASE + reg) = value;
	}
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

void apic_send(uint32_t destination, uint32_t icr)
{
	if (apic_is_x2()) {
		/* Writes to x2APIC registers do not order what came before. */
		asm volatile("mfence; lfence" ::: "memory");
		wrmsr(X2_MSR(APIC_ICR), (uint64_t)destination << 32 | icr);
		return;
	}
	apic_write(APIC_ICR_HIGH, destination << 24);
	apic_write(APIC_ICR, icr);
}
