/* SPDX-License-Identifier: MIT */
/*
 * Registers of the virtual local APIC. One table says who may read and write
 * each and which bits stick; MMIO (xAPIC) drops what is not allowed and notes
 * an error, MSRs (x2APIC, vlapic_msr.c) raise #GP.
 */
#include "abi/abi.h"
#include "arch/x86/hooks.h"
#include "domain/vcpu.h"
#include "virt/vdev/machine.h"
#include "virt/vdev/vlapic_state.h"

/* SDM 3A "Local APIC Version Register": 6 LVT entries, no suppression of EOI
 * broadcasts. */
#define VERSION_VALUE    0x00050014u

#define XR               1u /* xAPIC read, write */
#define XW               2u
#define MR               4u /* x2APIC (MSR) read, write */
#define MW               8u

#define LVT_TSC_DEADLINE 0x40000u

struct rule {
	uint8_t access;
	uint32_t sticks;  /* bits that a write changes */
	uint32_t ignored; /* others that may be 1 in an x2APIC write */
};

/* SDM 3A tables "Local APIC Register Address Map" for both modes. Delivery
 * status (bit 12) and remote IRR (bit 14) are read-only and always 0 here. */
/* clang-format off */
static const struct rule rules[REG_COUNT] = {
	[REG_ID]            = { XR | XW | MR, 0, 0 },
	[REG_VERSION]       = { XR | MR, 0, 0 },
	[REG_TPR]           = { XR | XW | MR | MW, 0xff, 0 },
	[REG_APR]           = { XR, 0, 0 },
	[REG_PPR]           = { XR | MR, 0, 0 },
	[REG_EOI]           = { XW | MW, 0, 0 },
	[REG_REMOTE_READ]   = { XR, 0, 0 },
	[REG_LDR]           = { XR | XW | MR, 0xff000000, 0 },
	[REG_DFR]           = { XR | XW, 0xf0000000, 0 },
	[REG_SVR]           = { XR | XW | MR | MW, 0x3ff, 0 },
	[REG_ISR ... REG_ISR + 7] = { XR | MR, 0, 0 },
	[REG_TMR ... REG_TMR + 7] = { XR | MR, 0, 0 },
	[REG_IRR ... REG_IRR + 7] = { XR | MR, 0, 0 },
	[REG_ESR]           = { XR | XW | MR | MW, 0, 0 },
	[REG_ICR]           = { XR | XW | MR | MW, 0xccfff & ~0x1000u, 0x1000 },
	[REG_ICR_HIGH]      = { XR | XW, 0xff000000, 0 },
	[REG_LVT_TIMER]     = { XR | XW | MR | MW, 0x700ff, 0x1000 },
	[REG_LVT_THERMAL]   = { XR | XW | MR | MW, 0x107ff, 0x1000 },
	[REG_LVT_PMC]       = { XR | XW | MR | MW, 0x107ff, 0x1000 },
	[REG_LVT_LINT0]     = { XR | XW | MR | MW, 0x1a7ff, 0x5000 },
	[REG_LVT_LINT1]     = { XR | XW | MR | MW, 0x1a7ff, 0x5000 },
	[REG_LVT_ERROR]     = { XR | XW | MR | MW, 0x100ff, 0x1000 },
	[REG_TIMER_INITIAL] = { XR | XW | MR | MW, 0xffffffff, 0 },
	[REG_TIMER_CURRENT] = { XR | MR, 0, 0 },
	[REG_TIMER_DIVIDE]  = { XR | XW | MR | MW, 0xb, 0 },
	[REG_SELF_IPI]      = { MW, 0xff, 0 },
};

/* clang-format on */

static uint32_t sticking_bits(const struct vlapic *l, unsigned int reg)
{
	uint32_t bits = rules[reg].sticks;

	if (reg == REG_LVT_TIMER && !l->vcpu->domain->machine->tsc_deadline) {
		bits &= ~LVT_TSC_DEADLINE;
	}
	return bits;
}

bool vlapic_regs_x2apic_readable(unsigned int reg)
{
	return (rules[reg].access & MR) != 0;
}

bool vlapic_regs_x2apic_writable(const struct vlapic *l, unsigned int reg,
				 uint32_t value)
{
	return (rules[reg].access & MW) != 0 &&
	       (value & ~(sticking_bits(l, reg) | rules[reg].ignored)) == 0;
}

/* SDM 3A "Local APIC State After Power-Up or Reset". */
void vlapic_regs_reset(struct vlapic *l)
{
	for (unsigned int i = 0; i < REG_COUNT; i++) {
		vlapic_reg_set(l, i, 0);
	}
	vlapic_reg_set(l, REG_DFR, 0xf0000000);
	vlapic_reg_set(l, REG_SVR, 0xff);
	for (unsigned int i = REG_LVT_TIMER; i <= REG_LVT_ERROR; i++) {
		vlapic_reg_set(l, i, LVT_MASKED);
	}
}

/* 32 bits of a vector set. */
static uint32_t set_part(const uint64_t set[VECTOR_WORDS], unsigned int part)
{
	const uint64_t word = __atomic_load_n(&set[part / 2], __ATOMIC_RELAXED);

	return (uint32_t)(word >> (part % 2 * 32));
}

uint32_t vlapic_regs_get(const struct vlapic *l, unsigned int reg)
{
	const bool x2apic = vlapic_in_x2apic(l);

	switch (reg) {
	case REG_ID:
		return x2apic ? l->id : l->id << 24;
	case REG_VERSION:
		return VERSION_VALUE;
	case REG_APR:
		return vlapic_apr(l);
	case REG_PPR:
		return vlapic_ppr(l);
	case REG_LDR:
		return x2apic ? vlapic_x2apic_ldr(l) : vlapic_reg(l, REG_LDR);
	case REG_DFR:
		return vlapic_reg(l, REG_DFR) | 0x0fffffff;
	case REG_ISR ... REG_ISR + 7:
		return set_part(l->isr, reg - REG_ISR);
	case REG_TMR ... REG_TMR + 7:
		return set_part(l->tmr, reg - REG_TMR);
	case REG_IRR ... REG_IRR + 7:
		return set_part(l->irr, reg - REG_IRR);
	case REG_TIMER_CURRENT:
		return vlapic_timer_current(l);
	default:
		return vlapic_reg(l, reg);
	}
}

static void set_lvt(struct vlapic *l, unsigned int reg, uint32_t lvt)
{
	/* SDM 3A: software-disabled, all mask bits are 1 and stay so. */
	if ((vlapic_reg(l, REG_SVR) & SVR_ENABLED) == 0) {
		lvt |= LVT_MASKED;
	}
	if (reg == REG_LVT_TIMER) {
		vlapic_timer_set_lvt(l, lvt);
	} else {
		vlapic_reg_set(l, reg, lvt);
	}
}

static void set_svr(struct vlapic *l, uint32_t svr)
{
	vlapic_reg_set(l, REG_SVR, svr);
	if ((svr & SVR_ENABLED) != 0) {
		return;
	}
	for (unsigned int i = REG_LVT_TIMER; i <= REG_LVT_ERROR; i++) {
		set_lvt(l, i, vlapic_reg(l, i));
	}
}

static void self_ipi(struct vlapic *l, uint8_t vector)
{
	if (vector < VECTOR_FIRST) {
		vlapic_error(l, ESR_SEND_ILLEGAL);
		return;
	}
	vlapic_set_irq(l->vcpu, vector, false);
}

/* A write that is allowed, of any value. */
void vlapic_regs_set(struct vlapic *l, unsigned int reg, uint32_t value)
{
	value &= sticking_bits(l, reg);
	switch (reg) {
	case REG_ID: /* as on recent processors, read-only in fact */
		return;
	case REG_TPR:
		vlapic_reg_set(l, REG_TPR, value);
		vlapic_look_again(l);
		return;
	case REG_EOI:
		vlapic_end_interrupt(l);
		return;
	case REG_SVR:
		set_svr(l, value);
		return;
	case REG_ESR: /* a write shows what came since the last one */
		vlapic_reg_set(l, REG_ESR,
			       __atomic_exchange_n(&l->esr_pending, 0,
						   __ATOMIC_RELAXED));
		return;
	case REG_ICR:
		vlapic_reg_set(l, REG_ICR, value);
		vlapic_ipi_send(l);
		return;
	case REG_LVT_TIMER ... REG_LVT_ERROR:
		set_lvt(l, reg, value);
		return;
	case REG_TIMER_INITIAL:
		vlapic_timer_set_initial(l, value);
		return;
	case REG_TIMER_DIVIDE:
		vlapic_timer_set_divide(l, value);
		return;
	case REG_SELF_IPI:
		self_ipi(l, (uint8_t)value);
		return;
	default: /* LDR, DFR, ICR high: nothing but storage */
		vlapic_reg_set(l, reg, value);
		return;
	}
}

static bool is_allowed(uint32_t offset, uint8_t access)
{
	const uint32_t reg = offset >> 4;

	return reg < REG_COUNT && (rules[reg].access & access) != 0;
}

/*
 * SDM 3A: registers are 32 bits wide at multiples of 16, other accesses are
 * undefined. We let reads see any part of the 32 bits, zeros behind them.
 */
uint64_t vlapic_read(struct vcpu *v, uint32_t offset, unsigned int size)
{
	const uint32_t byte = offset & 0xf;

	if (!is_allowed(offset, XR)) {
		vlapic_error(v->lapic, ESR_ILLEGAL_REGISTER);
		return 0;
	}
	if (byte >= 4) {
		return 0;
	}
	return claim_truncate(
		vlapic_regs_get(v->lapic, offset >> 4) >> (8 * byte), size);
}

/* The upper half of a write of 64 bits falls into the gap. */
void vlapic_write(struct vcpu *v, uint32_t offset, unsigned int size,
		  uint64_t value)
{
	if (!is_allowed(offset, XW)) {
		vlapic_error(v->lapic, ESR_ILLEGAL_REGISTER);
		return;
	}
	if (size < 4 || (offset & 0xf) != 0) {
		log_guest("vcpu %u: %u-byte write at 0x%x of the local APIC\n",
			  v->id, size, offset);
		return;
	}
	vlapic_regs_set(v->lapic, offset >> 4, (uint32_t)value);
}
