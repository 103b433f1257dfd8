/* SPDX-License-Identifier: MIT */
/*
 * The heart of the virtual local APIC: which interrupts are requested, in
 * service, and allowed by the priorities.
 *
 * A request sets TMR and then IRR, atomically, from any pCPU, and kicks the
 * vCPU when the IRR bit is new. A bit that is set already needs no kick: who
 * set it kicked, and whatever lets a held interrupt through (EOI, a lower TPR)
 * happens on the vCPU's own pCPU and looks again.
 */
#include "virt/vdev/vlapic.h"

#include "abi/abi.h"
#include "domain/vcpu.h"
#include "virt/vdev/machine.h"
#include "virt/vdev/vioapic.h"
#include "virt/vdev/vlapic_state.h"

/* The highest vector of the set, or -1. */
int vlapic_highest(const uint64_t set[VECTOR_WORDS])
{
	for (int i = VECTOR_WORDS - 1; i >= 0; i--) {
		const uint64_t word =
			__atomic_load_n(&set[i], __ATOMIC_RELAXED);

		if (word != 0) {
			return 64 * i + 63 - __builtin_clzll(word);
		}
	}
	return -1;
}

static uint64_t word_bit(uint8_t vector)
{
	return BIT(vector % 64);
}

static bool is_set(const uint64_t set[VECTOR_WORDS], uint8_t vector)
{
	return (__atomic_load_n(&set[vector / 64], __ATOMIC_RELAXED) &
		word_bit(vector)) != 0;
}

/* True when it was clear before. */
static bool set_bit(uint64_t set[VECTOR_WORDS], uint8_t vector)
{
	return (__atomic_fetch_or(&set[vector / 64], word_bit(vector),
				  __ATOMIC_SEQ_CST) &
		word_bit(vector)) == 0;
}

static void clear_bit(uint64_t set[VECTOR_WORDS], uint8_t vector)
{
	__atomic_fetch_and(&set[vector / 64], ~word_bit(vector),
			   __ATOMIC_SEQ_CST);
}

/* SDM 3A "Task and Processor Priorities": the higher class of TPR and the
 * interrupt in service; TPR's own low bits only if it is not lower. */
uint32_t vlapic_ppr(const struct vlapic *l)
{
	const uint32_t tpr = vlapic_reg(l, REG_TPR);
	const int served = vlapic_highest(l->isr);

	if (served < 0 || tpr >> 4 >= (uint32_t)served >> 4) {
		return tpr;
	}
	return (uint32_t)served & 0xf0;
}

/* AMD APM 2 "Arbitration Priority Register". */
uint32_t vlapic_apr(const struct vlapic *l)
{
	const uint32_t tpr = vlapic_reg(l, REG_TPR);
	const int served = vlapic_highest(l->isr);
	const int requested = vlapic_highest(l->irr);
	const uint32_t isrv = served < 0 ? 0 : (uint32_t)served;
	const uint32_t irrv = requested < 0 ? 0 : (uint32_t)requested;

	if (tpr >> 4 >= irrv >> 4 && tpr >> 4 > isrv >> 4) {
		return tpr;
	}

	const uint32_t both = (tpr & isrv) & 0xf0;

	return both > (irrv & 0xf0) ? both : irrv & 0xf0;
}

int vlapic_requested(const struct vcpu *v)
{
	return vlapic_highest(v->lapic->irr);
}

int vlapic_pending(const struct vcpu *v)
{
	const int vector = vlapic_highest(v->lapic->irr);

	if (vector < 0 || (uint32_t)vector >> 4 <= vlapic_ppr(v->lapic) >> 4) {
		return -1;
	}
	return vector;
}

void vlapic_accept(struct vcpu *v, uint8_t vector)
{
	struct vlapic *l = v->lapic;

	set_bit(l->isr, vector);
	clear_bit(l->irr, vector);
}

void vlapic_look_again(struct vlapic *l)
{
	if (vlapic_pending(l->vcpu) >= 0) {
		vcpu_kick(l->vcpu, WORK_LAPIC);
	}
}

/* EOI. Without an interrupt in service (a spurious one was delivered) it does
 * nothing. */
void vlapic_end_interrupt(struct vlapic *l)
{
	const int vector = vlapic_highest(l->isr);

	if (vector < 0) {
		return;
	}
	clear_bit(l->isr, (uint8_t)vector);
	if (is_set(l->tmr, (uint8_t)vector)) {
		vioapic_eoi(l->vcpu->domain, (uint8_t)vector);
	}
	vlapic_look_again(l);
}

void vlapic_error(struct vlapic *l, uint32_t esr_bit)
{
	const uint32_t lvt = vlapic_reg(l, REG_LVT_ERROR);
	const uint32_t old =
		__atomic_fetch_or(&l->esr_pending, esr_bit, __ATOMIC_RELAXED);

	if ((old & esr_bit) != 0 || (lvt & LVT_MASKED) != 0) {
		return;
	}
	if (VECTOR_OF(lvt) < VECTOR_FIRST) {
		__atomic_fetch_or(&l->esr_pending, ESR_RECEIVE_ILLEGAL,
				  __ATOMIC_RELAXED);
		return;
	}
	vlapic_set_irq(l->vcpu, VECTOR_OF(lvt), false);
}

/* The usual vector never was level-triggered: then no locked access. */
static void set_trigger(struct vlapic *l, uint8_t vector, bool level)
{
	if (is_set(l->tmr, vector) == level) {
		return;
	}
	if (level) {
		set_bit(l->tmr, vector);
	} else {
		clear_bit(l->tmr, vector);
	}
}

bool vlapic_set_irq(struct vcpu *v, uint8_t vector, bool level)
{
	struct vlapic *l = v->lapic;

	if (!vlapic_hw_enabled(l) ||
	    (vlapic_reg(l, REG_SVR) & SVR_ENABLED) == 0) {
		return false;
	}
	if (vector < VECTOR_FIRST) {
		vlapic_error(l, ESR_RECEIVE_ILLEGAL);
		return false;
	}
	set_trigger(l, vector, level);
	if (set_bit(l->irr, vector)) {
		vcpu_kick(v, WORK_LAPIC);
	}
	return true;
}

uint8_t vlapic_get_tpr(const struct vcpu *v)
{
	return (uint8_t)(vlapic_reg(v->lapic, REG_TPR) >> 4);
}

/* The run loop brings CR8 here after each exit; the class being the same, the
 * low bits that the guest may have put into TPR stay. */
void vlapic_set_tpr(struct vcpu *v, uint8_t cr8)
{
	if (cr8 == vlapic_get_tpr(v)) {
		return;
	}
	vlapic_regs_set(v->lapic, REG_TPR, (uint32_t)(cr8 & 0xf) << 4);
}

/* With the APIC disabled in APICBASE, the pin is the processor's INTR. */
bool vlapic_lvt0_accepts_extint(const struct vcpu *v)
{
	const uint32_t lvt = vlapic_reg(v->lapic, REG_LVT_LINT0);

	if (!vlapic_hw_enabled(v->lapic)) {
		return true;
	}
	return (lvt & LVT_MASKED) == 0 && LVT_DELIVERY(lvt) == VLAPIC_EXTINT;
}

bool vlapic_is_enabled(const struct vcpu *v)
{
	return vlapic_hw_enabled(v->lapic);
}

bool vlapic_is_x2apic(const struct vcpu *v)
{
	return vlapic_in_x2apic(v->lapic);
}

int vlapic_create(struct vcpu *v, uint32_t apic_id)
{
	struct vlapic *l;

	if (apic_id != vlapic_id_of(v->id)) {
		return -XEN_EINVAL;
	}
	l = domain_alloc(v->domain, sizeof(*l));
	if (l == NULL) {
		return -XEN_ENOMEM;
	}
	l->vcpu = v;
	l->id = apic_id;
	vlapic_timer_init(l);
	v->lapic = l;
	vlapic_power_on(v);
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

static void clear_set(uint64_t set[VECTOR_WORDS])
{
	for (int i = 0; i < VECTOR_WORDS; i++) {
		__atomic_store_n(&set[i], 0, __ATOMIC_RELAXED);
	}
}

void vlapic_reset(struct vcpu *v)
{
	struct vlapic *l = v->lapic;

	vlapic_timer_stop(l);
	vlapic_regs_reset(l);
	clear_set(l->irr);
	clear_set(l->isr);
	clear_set(l->tmr);
	__atomic_store_n(&l->esr_pending, 0, __ATOMIC_RELAXED);
}

void vlapic_power_on(struct vcpu *v)
{
	uint64_t base = VLAPIC_BASE_DEFAULT | APICBASE_ENABLED;

	if (v->id == 0) {
		base |= APICBASE_BSP;
	}
	__atomic_store_n(&v->lapic->base, base, __ATOMIC_RELAXED);
	vlapic_reset(v);
}
