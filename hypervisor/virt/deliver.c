/* SPDX-License-Identifier: MIT */
/*
 * Interrupts, events and life-cycle changes on their way into a vCPU.
 *
 * Order of delivery at one entry: an event already half delivered, NMI, the
 * event-channel upcall, the local APIC's highest interrupt. One at a time; the
 * rest waits for a window.
 */
#include "virt/run.h"

#include "arch/x86/hooks.h"
#include "arch/x86/traps.h"
#include "core/clock.h"
#include "domain/event.h"
#include "domain/runstate.h"
#include "domain/trace.h"
#include "virt/debug.h"
#include "virt/vdev/vlapic.h"
#include "virt/virt.h"

/* HVM_PARAM_CALLBACK_IRQ, type in bits 63:56 (ABI hvm/params.h). */
#define CALLBACK_TYPE_SHIFT 56

static uint8_t callback_vector(const struct domain *d)
{
	const uint64_t param = d->hvm_params[HVM_PARAM_CALLBACK_IRQ];

	return param >> CALLBACK_TYPE_SHIFT == HVM_PARAM_CALLBACK_TYPE_VECTOR
		       ? (uint8_t)param
		       : 0;
}

static bool has_interrupt(struct vcpu *v)
{
	return event_upcall_pending(v) || vlapic_pending(v) >= 0;
}

static void stop(struct vcpu *v)
{
	if (v->domain->state == DOMAIN_RUNNING || v->wait == WAIT_STOPPED) {
		return;
	}
	v->wait_before = v->wait;
	vcpu_set_wait(v, WAIT_STOPPED);
	domain_vcpu_stopped(v->domain);
}

/* VCPUOP_down and _up keep the registers; INIT and SIPI do not. */
static void change_down(struct vcpu *v)
{
	const bool down = load_relaxed(&v->down);

	if (down && v->wait != WAIT_START) {
		vcpu_set_wait(v, WAIT_DOWN);
	} else if (!down && v->wait == WAIT_DOWN) {
		vcpu_set_wait(v, WAIT_NOTHING);
	}
}

static void change_life(struct vcpu *v, uint32_t work)
{
	if ((work & WORK_STOP) != 0) {
		stop(v);
	}
	if (v->wait == WAIT_STOPPED) {
		return;
	}
	if ((work & WORK_DOWN) != 0) {
		change_down(v);
	}
	if ((work & WORK_INIT) != 0) {
		virt->reset(v);
		vlapic_reset(v);
		vcpu_set_wait(v, WAIT_START);
	}
	if ((work & WORK_START) != 0 && v->wait == WAIT_START) {
		virt->start_real(v, v->sipi_vector);
		vcpu_set_wait(v, WAIT_NOTHING);
	}
}

/*
 * A waiting vCPU goes on when what it waits for has come:
 *
 *   WAIT_HALT   interrupt, event or NMI
 *   WAIT_DEAD   NMI (it halted with interrupts off)
 *   WAIT_POLL   port or timeout; NMI, or an interrupt it can take
 *   the others  not by interrupts
 */
static bool wait_is_over(struct vcpu *v, bool nmi)
{
	switch ((enum vcpu_wait)v->wait) {
	case WAIT_HALT:
		return nmi || has_interrupt(v);
	case WAIT_DEAD:
		return nmi;
	case WAIT_POLL:
		return nmi || poll_is_over(v) ||
		       (virt->can_interrupt(v) && has_interrupt(v));
	case WAIT_NOTHING:
	case WAIT_START:
	case WAIT_DOWN:
	case WAIT_STOPPED:
		return false;
	}
	return false;
}

/* True when injected; else the bit stays. */
static bool deliver_nmi(struct vcpu *v)
{
	if (virt->has_event(v) || !virt->can_nmi(v)) {
		return false;
	}
	virt->inject_nmi(v);
	return true;
}

static void inject(struct vcpu *v, uint8_t vector)
{
	if (trace_is_on()) {
		TRACE(TRC_HVM_INJ_VIRQ, vector, false);
	}
	virt->inject_interrupt(v, vector);
}

static bool deliver_upcall(struct vcpu *v)
{
	const uint8_t vector = callback_vector(v->domain);

	if (!event_upcall_pending(v)) {
		return true;
	}
	if (v->upcall_vector != 0) {
		(void)vlapic_set_irq(v, v->upcall_vector, false);
		v->sticky_work |= WORK_LAPIC;
		return true;
	}
	if (vector == 0) {
		return true; /* the guest polls, or has not said how yet */
	}
	if (virt->has_event(v) || !virt->can_interrupt(v)) {
		return false;
	}
	inject(v, vector);
	return true;
}

static bool deliver_lapic(struct vcpu *v)
{
	vlapic_set_tpr(v, virt->get_tpr(v));

	const int vector = vlapic_pending(v);

	virt->want_tpr(v, vlapic_requested(v) > vector);
	if (vector < 0) {
		return true;
	}
	if (virt->has_event(v) || !virt->can_interrupt(v)) {
		return false;
	}
	vlapic_accept(v, (uint8_t)vector);
	inject(v, (uint8_t)vector);
	/* There may be another one behind it. */
	return vlapic_requested(v) < 0;
}

static void deliver_interrupts(struct vcpu *v, uint32_t work)
{
	uint32_t left = 0;

	if (unlikely(v->step != 0)) {
		/* The step is one of the program, not of a handler. */
		v->sticky_work |= work & (WORK_NMI | WORK_EVENT | WORK_LAPIC);
		return;
	}
	if ((work & WORK_NMI) != 0 && !deliver_nmi(v)) {
		left |= WORK_NMI;
	}
	if ((work & WORK_EVENT) != 0 && !deliver_upcall(v)) {
		left |= WORK_EVENT;
	}
	work |= v->sticky_work;
	v->sticky_work = 0;
	if ((work & WORK_LAPIC) != 0 && !deliver_lapic(v)) {
		left |= WORK_LAPIC;
	}
	v->sticky_work = left;
	virt->want_window(v, left != 0);
}

/* The changes that do not depend on what the guest can take now. */
static void do_work(struct vcpu *v, uint32_t work)
{
	if ((work & WORK_FLUSH) != 0) {
		virt->flush(v);
	}
	if ((work & (WORK_STOP | WORK_INIT | WORK_START | WORK_DOWN)) != 0) {
		change_life(v, work);
	}
	if ((work & WORK_TIMER) != 0) {
		event_virq(v, VIRQ_TIMER);
	}
	if ((work & WORK_RUNSTATE) != 0) {
		runstate_write(v);
	}
	if ((work & WORK_STEPPED) != 0) {
		debug_stop(v, TRAP_DB);
	}
}

void deliver_work(struct vcpu *v)
{
	uint32_t work = __atomic_exchange_n(&v->work, 0, __ATOMIC_SEQ_CST) |
			v->sticky_work;

	v->sticky_work = 0;
	do_work(v, work);
	if (v->wait != WAIT_NOTHING) {
		if (!wait_is_over(v, (work & WORK_NMI) != 0)) {
			return;
		}
		vcpu_set_wait(v, WAIT_NOTHING);
		/* What came while it waited was not looked at. */
		work |= WORK_EVENT | WORK_LAPIC;
	}
	deliver_interrupts(v, work);
}
