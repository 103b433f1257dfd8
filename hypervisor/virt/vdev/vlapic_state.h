/* SPDX-License-Identifier: MIT */
/* What the files of the virtual local APIC share; nobody else includes it. */
#pragma once

#include "core/timer.h"
#include "virt/vdev/vlapic.h"

#define APICBASE_BSP     0x100u
#define APICBASE_X2APIC  0x400u
#define APICBASE_ENABLED 0x800u

/* Register numbers: MMIO offset / 16, MSR - 0x800. */
enum vlapic_reg {
	REG_ID = 0x02,
	REG_VERSION = 0x03,
	REG_TPR = 0x08,
	REG_APR = 0x09,
	REG_PPR = 0x0a,
	REG_EOI = 0x0b,
	REG_REMOTE_READ = 0x0c,
	REG_LDR = 0x0d,
	REG_DFR = 0x0e,
	REG_SVR = 0x0f,
	REG_ISR = 0x10, /* eight of each, a bit for each vector */
	REG_TMR = 0x18,
	REG_IRR = 0x20,
	REG_ESR = 0x28,
	REG_ICR = 0x30,
	REG_ICR_HIGH = 0x31,
	REG_LVT_TIMER = 0x32,
	REG_LVT_THERMAL = 0x33,
	REG_LVT_PMC = 0x34,
	REG_LVT_LINT0 = 0x35,
	REG_LVT_LINT1 = 0x36,
	REG_LVT_ERROR = 0x37,
	REG_TIMER_INITIAL = 0x38,
	REG_TIMER_CURRENT = 0x39,
	REG_TIMER_DIVIDE = 0x3e,
	REG_SELF_IPI = 0x3f,
	REG_COUNT = 0x40,
};

#define SVR_ENABLED  0x100u
#define LVT_MASKED   0x10000u
#define LVT_PERIODIC 0x20000u

struct vlapic {
	struct vcpu *vcpu; /* (o) */
	uint32_t base;     /* atomic: APICBASE, written by its own pCPU */
	/* Atomic; IRR and TMR are written by anybody, the others by its own
	 * pCPU. As the guest reads them but for PPR and the current count. */
	uint32_t reg[REG_COUNT];

	struct timer timer; /* armed for an expiry that interrupts */
	uint64_t expiry;    /* atomic: when the count ends, ns; 0: it stands */
};

static inline uint32_t vlapic_reg(const struct vlapic *l, unsigned int reg)
{
	return load_relaxed(&l->reg[reg]);
}

static inline void vlapic_reg_set(struct vlapic *l, unsigned int reg,
				  uint32_t value)
{
	store_relaxed(&l->reg[reg], value);
}

static inline bool vlapic_base_has(const struct vlapic *l, uint32_t bits)
{
	return (load_relaxed(&l->base) & bits) != 0;
}

/* vlapic_ipi.c: sends what ICR says. */
void vlapic_ipi_send(struct vlapic *l);

/* vlapic_timer.c. `reg` is LVT_TIMER, TIMER_INITIAL or TIMER_DIVIDE. */
void vlapic_timer_init(struct vlapic *l);
void vlapic_timer_stop(struct vlapic *l);
uint32_t vlapic_timer_current(const struct vlapic *l);
void vlapic_timer_write(struct vlapic *l, unsigned int reg, uint32_t value);
