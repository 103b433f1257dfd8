/* SPDX-License-Identifier: MIT */
/* AMD APM 2, chapter 16; Intel SDM 3A, chapter 11. */
#include "arch/x86/lapic.h"

#include "arch/x86/asm.h"
#include "arch/x86/msr.h"
#include "arch/x86/regs.h"

enum {
	REG_ID = 0x20,
	REG_TPR = 0x80,
	REG_EOI = 0xb0,
	REG_SPURIOUS = 0xf0,
	REG_ICR = 0x300,
	REG_ICR_HIGH = 0x310,
	REG_LVT_TIMER = 0x320,
	REG_LVT_LINT0 = 0x350,
	REG_LVT_LINT1 = 0x360,
	REG_LVT_ERROR = 0x370,
	REG_TIMER_INITIAL = 0x380,
	REG_TIMER_CURRENT = 0x390,
	REG_TIMER_DIVIDE = 0x3e0,
};

#define ICR_PENDING     BIT(12)
#define ICR_ASSERT      (1u << 14)
#define ICR_SELF        (1u << 18)
#define LVT_MASKED      BIT(16)
#define LVT_NMI         (4u << 8)
#define SPURIOUS_ENABLE BIT(8)
#define DIVIDE_BY_1     0xb

static char *mmio;
static bool x2;

static uint32_t reg_read(unsigned int reg)
{
	return x2 ? (uint32_t)rdmsr(MSR_X2APIC_FIRST + reg / 16)
		  : mmio_read32(mmio + reg);
}

static void reg_write(unsigned int reg, uint32_t v)
{
	if (x2) {
		wrmsr(MSR_X2APIC_FIRST + reg / 16, v);
	} else {
		mmio_write32(mmio + reg, v);
	}
}

void lapic_init(void *registers, bool x2apic)
{
	mmio = registers;
	x2 = x2apic;
}

bool lapic_is_x2apic(void)
{
	return x2;
}

void lapic_cpu_init(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE;

	wrmsr(MSR_APIC_BASE, base);
	if (x2) {
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2);
	}
	reg_write(REG_TPR, 0);
	reg_write(REG_LVT_TIMER, LVT_MASKED);
	reg_write(REG_LVT_LINT0, LVT_MASKED);
	reg_write(REG_LVT_LINT1, LVT_NMI);
	reg_write(REG_LVT_ERROR, VECTOR_ERROR);
	reg_write(REG_TIMER_DIVIDE, DIVIDE_BY_1);
	reg_write(REG_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	reg_write(REG_LVT_TIMER, VECTOR_TIMER);
}

uint32_t lapic_id(void)
{
	const uint32_t id = reg_read(REG_ID);

	return x2 ? id : id >> 24;
}

void lapic_eoi(void)
{
	reg_write(REG_EOI, 0);
}

void lapic_send(uint32_t apic_id, uint32_t message)
{
	const uint32_t low = ICR_ASSERT | message;

	if (x2) {
		/* x2APIC writes do not order earlier stores (SDM 3A 11.12.3). */
		__asm__ volatile("mfence; lfence" ::: "memory");
		wrmsr(MSR_X2APIC_FIRST + REG_ICR / 16,
		      (uint64_t)apic_id << 32 | low);
		return;
	}
	while ((mmio_read32(mmio + REG_ICR) & ICR_PENDING) != 0) {
		cpu_pause();
	}
	mmio_write32(mmio + REG_ICR_HIGH, apic_id << 24);
	mmio_write32(mmio + REG_ICR, low);
}

void lapic_send_self(uint8_t vector)
{
	/* Leaves the high half alone: an NMI may come between its two writes. */
	reg_write(REG_ICR, ICR_SELF | ICR_ASSERT | vector);
}

void lapic_timer_set(uint32_t ticks)
{
	reg_write(REG_TIMER_INITIAL, ticks);
}

uint32_t lapic_timer_left(void)
{
	return reg_read(REG_TIMER_CURRENT);
}
