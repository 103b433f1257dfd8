/* SPDX-License-Identifier: MIT */
/*
 * The registers of the virtual local APIC, and with them which interrupts are
 * requested, in service, and allowed by the priorities.
 *
 * A request sets TMR and then IRR, atomically, from any pCPU, and kicks the
 * vCPU when the IRR bit is new. A bit that is set already needs no kick: who
 * set it kicked, and whatever lets a held interrupt through (EOI, a lower TPR)
 * happens on the vCPU's own pCPU and looks again.
 */
#include "virt/vdev/vlapic.h"

#include "domain/vcpu.h"
#include "virt/vdev/machine.h"
#include "virt/vdev/vlapic_state.h"

#define MSR_NUMBER_APICBASE 0x1bu
#define MSR_NUMBER_X2APIC   0x800u /* first of REG_COUNT */

#define APICBASE_MODE       (APICBASE_ENABLED | APICBASE_X2APIC)
#define APICBASE_ADDRESS    UINT64_C(0x000ffffffffff000)

/* SDM 3A "Local APIC Version Register": 6 LVT entries, no suppression of EOI
 * broadcasts. */
#define VERSION_VALUE 0x00050014u
#define VECTOR_FIRST  16u /* lower ones are reserved for exceptions */

/*
 * Who may read and write each register, and which bits stick. MMIO (xAPIC)
 * drops what is not allowed, MSRs (x2APIC) raise #GP.
 */
#define XR 1u /* xAPIC read, write */
#define XW 2u
#define MR 4u /* x2APIC (MSR) read, write */
#define MW 8u
#define RO (XR | MR)
#define RW (XR | XW | MR | MW)

struct rule {
	uint8_t access;
	uint32_t sticks;  /* bits that a write changes */
	uint32_t ignored; /* others that may be 1 in an x2APIC write */
};

/* SDM 3A tables "Local APIC Register Address Map" for both modes. Delivery
 * status (bit 12) and remote IRR (bit 14) are read-only and always 0 here. */
/* clang-format off */
static const struct rule rules[REG_COUNT] = {
	[REG_ID ... REG_VERSION]            = { RO, 0, 0 },
	[REG_TPR]                           = { RW, 0xff, 0 },
	[REG_APR]                           = { XR, 0, 0 },
	[REG_PPR]                           = { RO, 0, 0 },
	[REG_EOI]                           = { XW | MW, 0, 0 },
	[REG_REMOTE_READ]                   = { XR, 0, 0 },
	[REG_LDR]                           = { RO | XW, 0xff000000, 0 },
	[REG_DFR]                           = { XR | XW, 0xf0000000, 0 },
	[REG_SVR]                           = { RW, 0x3ff, 0 },
	[REG_ISR ... REG_IRR + 7]           = { RO, 0, 0 },
	[REG_ESR]                           = { RW, 0, 0 },
	[REG_ICR]                           = { RW, 0xcefff, 0x1000 },
	[REG_ICR_HIGH]                      = { XR | XW, 0xff000000, 0 },
	[REG_LVT_TIMER]                     = { RW, 0x300ff, 0x1000 },
	[REG_LVT_THERMAL ... REG_LVT_PMC]   = { RW, 0x107ff, 0x1000 },
	[REG_LVT_LINT0 ... REG_LVT_LINT1]   = { RW, 0x1a7ff, 0x5000 },
	[REG_LVT_ERROR]                     = { RW, 0x100ff, 0x1000 },
	[REG_TIMER_INITIAL]                 = { RW, 0xffffffff, 0 },
	[REG_TIMER_CURRENT]                 = { RO, 0, 0 },
	[REG_TIMER_DIVIDE]                  = { RW, 0xb, 0 },
	[REG_SELF_IPI]                      = { MW, 0xff, 0 },
};

/* clang-format on */

static bool is_allowed(uint32_t reg, uint8_t access)
{
	return reg < REG_COUNT && (rules[reg].access & access) != 0;
}

/* The highest vector in eight registers, or -1. */
static int highest(const struct vlapic *l, unsigned int set)
{
	for (int i = 7; i >= 0; i--) {
		const uint32_t word = vlapic_reg(l, set + (unsigned int)i);

		if (word != 0) {
			return 32 * i + 31 - __builtin_clz(word);
		}
	}
	return -1;
}

static bool has_bit(const struct vlapic *l, unsigned int set, uint8_t vector)
{
	return vlapic_reg(l, set + vector / 32) >> vector % 32 & 1;
}

/* True when it was clear before. */
static bool set_bit(struct vlapic *l, unsigned int set, uint8_t vector)
{
	const uint32_t bit = 1u << vector % 32;

	return (__atomic_fetch_or(&l->reg[set + vector / 32], bit,
				  __ATOMIC_SEQ_CST) &
		bit) == 0;
}

static void clear_bit(struct vlapic *l, unsigned int set, uint8_t vector)
{
	__atomic_fetch_and(&l->reg[set + vector / 32], ~(1u << vector % 32),
			   __ATOMIC_SEQ_CST);
}

/* SDM 3A "Task and Processor Priorities": the higher class of TPR and the
 * interrupt in service; TPR's own low bits only if it is not lower. */
static uint32_t ppr(const struct vlapic *l)
{
	const uint32_t tpr = vlapic_reg(l, REG_TPR);
	const int served = highest(l, REG_ISR);

	if (served < 0 || tpr >> 4 >= (uint32_t)served >> 4) {
		return tpr;
	}
	return (uint32_t)served & 0xf0;
}

int vlapic_requested(const struct vcpu *v)
{
	return highest(v->lapic, REG_IRR);
}

int vlapic_pending(const struct vcpu *v)
{
	const int vector = highest(v->lapic, REG_IRR);

	if (vector < 0 || (uint32_t)vector >> 4 <= ppr(v->lapic) >> 4) {
		return -1;
	}
	return vector;
}

void vlapic_accept(struct vcpu *v, uint8_t vector)
{
	set_bit(v->lapic, REG_ISR, vector);
	clear_bit(v->lapic, REG_IRR, vector);
}

bool vlapic_set_irq(struct vcpu *v, uint8_t vector, bool level)
{
	struct vlapic *l = v->lapic;

	if (!vlapic_base_has(l, APICBASE_ENABLED) || vector < VECTOR_FIRST ||
	    (vlapic_reg(l, REG_SVR) & SVR_ENABLED) == 0) {
		return false;
	}
	/* The usual vector never was level-triggered: no locked access then. */
	if (level) {
		set_bit(l, REG_TMR, vector);
	} else if (has_bit(l, REG_TMR, vector)) {
		clear_bit(l, REG_TMR, vector);
	}
	if (set_bit(l, REG_IRR, vector)) {
		vcpu_kick(v, WORK_LAPIC);
	}
	return true;
}

/* Something was done that may let an interrupt through. */
static void look_again(struct vlapic *l)
{
	if (vlapic_pending(l->vcpu) >= 0) {
		vcpu_kick(l->vcpu, WORK_LAPIC);
	}
}

/* EOI. Without an interrupt in service (a spurious one was delivered) it does
 * nothing. */
static void end_interrupt(struct vlapic *l)
{
	const int vector = highest(l, REG_ISR);

	if (vector < 0) {
		return;
	}
	clear_bit(l, REG_ISR, (uint8_t)vector);
	if (has_bit(l, REG_TMR, (uint8_t)vector)) {
		vioapic_eoi(l->vcpu->domain, (uint8_t)vector);
	}
	look_again(l);
}

static void set_tpr(struct vlapic *l, uint32_t tpr)
{
	vlapic_reg_set(l, REG_TPR, tpr);
	look_again(l);
}

uint8_t vlapic_get_tpr(const struct vcpu *v)
{
	return (uint8_t)(vlapic_reg(v->lapic, REG_TPR) >> 4);
}

/* The run loop brings CR8 here after each exit; the class being the same, the
 * low bits that the guest may have put into TPR stay. */
void vlapic_set_tpr(struct vcpu *v, uint8_t cr8)
{
	if (cr8 != vlapic_get_tpr(v)) {
		set_tpr(v->lapic, (uint32_t)(cr8 & 0xf) << 4);
	}
}

static void set_lvt(struct vlapic *l, unsigned int reg, uint32_t lvt)
{
	/* SDM 3A: software-disabled, all mask bits are 1 and stay so. */
	if ((vlapic_reg(l, REG_SVR) & SVR_ENABLED) == 0) {
		lvt |= LVT_MASKED;
	}
	if (reg == REG_LVT_TIMER) {
		vlapic_timer_write(l, reg, lvt);
	} else {
		vlapic_reg_set(l, reg, lvt);
	}
}

static void set_svr(struct vlapic *l, uint32_t svr)
{
	vlapic_reg_set(l, REG_SVR, svr);
	for (unsigned int i = REG_LVT_TIMER; i <= REG_LVT_ERROR; i++) {
		set_lvt(l, i, vlapic_reg(l, i));
	}
}

static uint32_t read_reg(const struct vlapic *l, unsigned int reg)
{
	switch (reg) {
	case REG_PPR:
		return ppr(l);
	case REG_TIMER_CURRENT:
		return vlapic_timer_current(l);
	default:
		return vlapic_reg(l, reg);
	}
}

/* A write that is allowed, of any value. */
static void write_reg(struct vlapic *l, unsigned int reg, uint32_t value)
{
	value &= rules[reg].sticks;
	switch (reg) {
	case REG_TPR:
		set_tpr(l, value);
		return;
	case REG_EOI:
		end_interrupt(l);
		return;
	case REG_DFR:
		vlapic_reg_set(l, REG_DFR, value | 0x0fffffff);
		return;
	case REG_SVR:
		set_svr(l, value);
		return;
	case REG_ICR:
		vlapic_reg_set(l, REG_ICR, value);
		vlapic_ipi_send(l);
		return;
	case REG_LVT_TIMER ... REG_LVT_ERROR:
		set_lvt(l, reg, value);
		return;
	case REG_TIMER_INITIAL:
	case REG_TIMER_DIVIDE:
		vlapic_timer_write(l, reg, value);
		return;
	case REG_SELF_IPI:
		vlapic_set_irq(l->vcpu, (uint8_t)value, false);
		return;
	default: /* LDR, ESR, ICR high: nothing but storage */
		vlapic_reg_set(l, reg, value);
		return;
	}
}

/*
 * SDM 3A: registers are 32 bits wide at multiples of 16, other accesses are
 * undefined. We let reads see any part of the 32 bits, zeros behind them.
 */
uint64_t vlapic_read(const struct vcpu *v, uint32_t offset)
{
	const uint32_t byte = offset & 0xf;

	if (byte >= 4 || !is_allowed(offset >> 4, XR)) {
		return 0;
	}
	return read_reg(v->lapic, offset >> 4) >> (8 * byte);
}

/* The upper half of a write of 64 bits falls into the gap. */
void vlapic_write(struct vcpu *v, uint32_t offset, unsigned int size,
		  uint64_t value)
{
	if (size >= 4 && offset % 16 == 0 && is_allowed(offset >> 4, XW)) {
		write_reg(v->lapic, offset >> 4, (uint32_t)value);
	}
}

/* The registers whose form depends on the mode. SDM 3A "Deriving Logical x2APIC
 * ID from the Local x2APIC ID". */
static void set_identity(struct vlapic *l)
{
	const uint32_t id = vlapic_id_of(l->vcpu->id);
	const bool x2apic = vlapic_base_has(l, APICBASE_X2APIC);

	vlapic_reg_set(l, REG_ID, x2apic ? id : id << 24);
	vlapic_reg_set(l, REG_LDR, x2apic ? id >> 4 << 16 | 1u << id % 16 : 0);
	vlapic_reg_set(l, REG_ICR_HIGH, 0);
}

/* SDM 3A "x2APIC State Transitions". */
static bool may_switch(uint32_t from, uint32_t to)
{
	return to == 0 || (to == APICBASE_ENABLED && from != APICBASE_MODE) ||
	       (to == APICBASE_MODE && from != 0);
}

/* The page stays where it is, whatever address is written. */
static int write_base(struct vlapic *l, uint64_t value)
{
	const uint32_t from = l->base & APICBASE_MODE;
	const uint32_t to = (uint32_t)value & APICBASE_MODE;

	if ((value & ~(APICBASE_ADDRESS | APICBASE_MODE | APICBASE_BSP)) != 0 ||
	    !may_switch(from, to)) {
		return -1;
	}
	store_relaxed(&l->base, (l->base & ~APICBASE_MODE) | to);
	if (to == 0) {
		vlapic_reset(l->vcpu); /* disabling loses all state */
	} else if (from != to) {
		set_identity(l);
	}
	return 0;
}

int vlapic_msr_read(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	const struct vlapic *l = v->lapic;
	const uint32_t reg = msr - MSR_NUMBER_X2APIC;

	if (msr == MSR_NUMBER_APICBASE) {
		*value = l->base;
		return 0;
	}
	if (!vlapic_base_has(l, APICBASE_X2APIC) || !is_allowed(reg, MR)) {
		return -1;
	}
	*value = read_reg(l, reg);
	if (reg == REG_ICR) {
		*value |= (uint64_t)vlapic_reg(l, REG_ICR_HIGH) << 32;
	}
	return 0;
}

int vlapic_msr_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
	struct vlapic *l = v->lapic;
	const uint32_t reg = msr - MSR_NUMBER_X2APIC;
	const uint32_t high = (uint32_t)(value >> 32);

	if (msr == MSR_NUMBER_APICBASE) {
		return write_base(l, value);
	}
	if (!vlapic_base_has(l, APICBASE_X2APIC) || !is_allowed(reg, MW) ||
	    ((uint32_t)value & ~(rules[reg].sticks | rules[reg].ignored)) !=
		    0 ||
	    (high != 0 && reg != REG_ICR)) {
		return -1;
	}
	if (reg == REG_ICR) {
		vlapic_reg_set(l, REG_ICR_HIGH, high);
	}
	write_reg(l, reg, (uint32_t)value);
	return 0;
}

bool vlapic_is_enabled(const struct vcpu *v)
{
	return vlapic_base_has(v->lapic, APICBASE_ENABLED);
}

bool vlapic_has_window(const struct vcpu *v)
{
	return (v->lapic->base & APICBASE_MODE) == APICBASE_ENABLED;
}

/* SDM 3A "Local APIC State After Power-Up or Reset". */
void vlapic_reset(struct vcpu *v)
{
	struct vlapic *l = v->lapic;

	vlapic_timer_stop(l);
	for (unsigned int i = 0; i < REG_COUNT; i++) {
		vlapic_reg_set(l, i, 0);
	}
	vlapic_reg_set(l, REG_VERSION, VERSION_VALUE);
	vlapic_reg_set(l, REG_DFR, 0xffffffff);
	vlapic_reg_set(l, REG_SVR, 0xff);
	for (unsigned int i = REG_LVT_TIMER; i <= REG_LVT_ERROR; i++) {
		vlapic_reg_set(l, i, LVT_MASKED);
	}
	set_identity(l);
}

int vlapic_create(struct vcpu *v)
{
	struct vlapic *l = domain_alloc(v->domain, sizeof(*l));

	if (l == NULL) {
		return -XEN_ENOMEM;
	}
	l->vcpu = v;
	l->base = VLAPIC_BASE | APICBASE_ENABLED |
		  (v->id == 0 ? APICBASE_BSP : 0);
	vlapic_timer_init(l);
	v->lapic = l;
	vlapic_reset(v);
	return 0;
}

void vlapic_destroy(struct vcpu *v)
{
	struct vlapic *l = v->lapic;

	if (l == NULL) {
		return;
	}
	vlapic_timer_stop(l);
	v->lapic = NULL;
	domain_free(v->domain, l, sizeof(*l));
}
