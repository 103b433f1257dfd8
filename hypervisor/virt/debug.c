/* SPDX-License-Identifier: MIT */
/*
 * A guest under a debugger. Its breakpoints (INT3) and steps (RFLAGS.TF) exit,
 * for as long as somebody debugs it; then the whole domain is paused, once for
 * each, and the service VM is told (VIRQ_DEBUGGER). RIP is left at the INT3.
 *
 * Whose a breakpoint is, the debugger knows. One of the guest's own it gives back
 * as a pending event. Steps are never the guest's here: TF may have come back
 * from a stack that an earlier step has left it on.
 */
#include "virt/debug.h"

#include "arch/x86/regs.h"
#include "arch/x86/traps.h"
#include "domain/event.h"
#include "virt/exit.h"

#define VECTOR_UD    6
#define OPCODE_INT3  0xcc
#define OPCODE_INT_N 0xcd

/* It stands still, and its lock is held. */
static void forget_vcpu(struct vcpu *v)
{
	v->step = 0;
	v->debug_event = 0;
	while (v->pause_count != 0) {
		v->pause_count--;
		sched_unpause(&v->unit);
	}
}

int debug_attach(struct domain *d, bool attached)
{
	const int err = domain_pause(d);

	if (err != 0) {
		return err;
	}
	spin_lock(&d->lock);
	d->debugged = attached;
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		forget_vcpu(d->vcpus[i]);
		virt->want_debug(d->vcpus[i], attached);
	}
	spin_unlock(&d->lock);
	return domain_unpause(d);
}

int debug_step(struct vcpu *v, bool step)
{
	struct domain *d = v->domain;
	const int err = domain_pause(d);

	if (err != 0) {
		return err;
	}
	spin_lock(&d->lock);
	const bool may = d->debugged || !step;

	if (may) {
		v->step = step ? RFLAGS_TF : 0;
	}
	spin_unlock(&d->lock);

	const int end = domain_unpause(d);

	return may ? end : -XEN_EINVAL;
}

void debug_stop(struct vcpu *v, uint8_t vector)
{
	/* Who sees it paused sees why; pairs with domstatus. */
	__atomic_store_n(&v->debug_event, vector, __ATOMIC_SEQ_CST);
	if (domain_pause_self(v->domain) != 0) {
		v->debug_event = 0;
		return;
	}
	event_virq_service(VIRQ_DEBUGGER);
}

static void inject(struct vcpu *v, uint8_t vector)
{
	const struct emul_fault fault = { .vector = vector };

	virt->inject_fault(v, &fault);
}

void debug_exit_trap(struct vcpu *v, const struct vcpu_exit *exit)
{
	if (!exit->is_step) {
		inject(v, TRAP_DB);
		return;
	}
	v->rflags &= ~RFLAGS_TF;
	if (v->step != 0) {
		debug_stop(v, TRAP_DB);
	}
}

void debug_exit_breakpoint(struct vcpu *v, const struct vcpu_exit *)
{
	debug_stop(v, TRAP_BP);
}

/* Where there is no exit for INT3 alone. */
void debug_exit_software(struct vcpu *v, const struct vcpu_exit *)
{
	uint8_t bytes[INSN_BYTES];
	const size_t n = translate_fetch(v, bytes);

	if (n >= 1 && bytes[0] == OPCODE_INT3) {
		debug_stop(v, TRAP_BP);
	} else if (n >= 2 && bytes[0] == OPCODE_INT_N) {
		virt->inject_software(v, bytes[1], 2);
	} else if (n != 0) {
		inject(v, VECTOR_UD);
	}
}
