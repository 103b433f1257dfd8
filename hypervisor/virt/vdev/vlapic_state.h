/* SPDX-License-Identifier: MIT */
/* What the files of the virtual local APIC share; nobody else includes it but
 * mmio.c, for its fast check. */
#pragma once

#include "core/timer.h"
#include "virt/vdev/vlapic.h"

#define APICBASE_BSP     BIT(8)
#define APICBASE_X2APIC  BIT(10)
#define APICBASE_ENABLED BIT(11)
#define APICBASE_ADDRESS UINT64_C(0x000ffffffffff000)

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
	REG_ISR = 0x10, /* eight of each */
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

#define SVR_ENABLED       0x100u
#define LVT_MASKED        0x10000u
#define LVT_DELIVERY(lvt) (((lvt) >> 8) & 7u)
#define VECTOR_OF(reg)    ((uint8_t)((reg)&0xffu))
#define VECTOR_FIRST      16u /* lower ones are reserved for exceptions */

/* SDM 3A "Error Status Register". */
#define ESR_SEND_ILLEGAL     0x20u
#define ESR_RECEIVE_ILLEGAL  0x40u
#define ESR_ILLEGAL_REGISTER 0x80u

#define VECTOR_WORDS         4

struct vlapic {
	struct vcpu *vcpu; /* (o) */
	uint32_t id;       /* (o) */
	uint64_t base;     /* atomic: APICBASE, written by its own pCPU */

	/* One bit for each vector. */
	uint64_t irr[VECTOR_WORDS]; /* atomic, set by anybody */
	uint64_t tmr[VECTOR_WORDS]; /* atomic, changed by who sets irr */
	uint64_t isr[VECTOR_WORDS]; /* atomic, written by its own pCPU */
	uint32_t esr_pending;       /* atomic: errors since ESR was written */

	/* As written by the guest; atomic, written by its own pCPU. */
	uint32_t reg[REG_COUNT];

	/* Changed by its own pCPU while the timer is not armed. */
	struct timer timer;
	uint64_t due;          /* deadline of the timer, ns */
	uint64_t count_start;  /* when the count began, ns */
	bool counting;         /* since the initial count was written */
	uint64_t tsc_deadline; /* guest's TSC; 0: disarmed */
	uint64_t deadline_ns;  /* the same, ns */
};

static inline uint32_t vlapic_reg(const struct vlapic *l, unsigned int reg)
{
	return __atomic_load_n(&l->reg[reg], __ATOMIC_RELAXED);
}

static inline void vlapic_reg_set(struct vlapic *l, unsigned int reg,
				  uint32_t value)
{
	__atomic_store_n(&l->reg[reg], value, __ATOMIC_RELAXED);
}

static inline uint64_t vlapic_base(const struct vlapic *l)
{
	return __atomic_load_n(&l->base, __ATOMIC_RELAXED);
}

static inline bool vlapic_in_x2apic(const struct vlapic *l)
{
	return (vlapic_base(l) & APICBASE_X2APIC) != 0;
}

static inline bool vlapic_hw_enabled(const struct vlapic *l)
{
	return (vlapic_base(l) & APICBASE_ENABLED) != 0;
}

/* vlapic.c: the vectors and their priorities. */
int vlapic_highest(const uint64_t set[VECTOR_WORDS]);
uint32_t vlapic_ppr(const struct vlapic *l);
uint32_t vlapic_apr(const struct vlapic *l);
void vlapic_end_interrupt(struct vlapic *l);
/* Something was done that may let an interrupt through. */
void vlapic_look_again(struct vlapic *l);
/* Records an error and raises LVT error. From any pCPU. */
void vlapic_error(struct vlapic *l, uint32_t esr_bit);

/* vlapic_regs.c: `reg` < REG_COUNT. */
void vlapic_regs_reset(struct vlapic *l);
uint32_t vlapic_regs_get(const struct vlapic *l, unsigned int reg);
void vlapic_regs_set(struct vlapic *l, unsigned int reg, uint32_t value);
bool vlapic_regs_x2apic_readable(unsigned int reg);
/* True when an x2APIC write of that value is not #GP. */
bool vlapic_regs_x2apic_writable(const struct vlapic *l, unsigned int reg,
				 uint32_t value);

/* vlapic_ipi.c */
uint32_t vlapic_x2apic_ldr(const struct vlapic *l);
void vlapic_ipi_send(struct vlapic *l); /* what ICR says */

/* vlapic_timer.c */
void vlapic_timer_init(struct vlapic *l);
void vlapic_timer_stop(struct vlapic *l);
uint32_t vlapic_timer_current(const struct vlapic *l);
void vlapic_timer_set_initial(struct vlapic *l, uint32_t count);
void vlapic_timer_set_divide(struct vlapic *l, uint32_t divide);
void vlapic_timer_set_lvt(struct vlapic *l, uint32_t lvt);
