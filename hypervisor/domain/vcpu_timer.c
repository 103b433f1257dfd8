/* SPDX-License-Identifier: MIT */
#include "domain/vcpu.h"

#include "core/clock.h"

/* The run loop of the vCPU's pCPU raises the VIRQ (WORK_TIMER). */
static void fire(struct timer *t)
{
	vcpu_kick(container_of(t, struct vcpu, timer), WORK_TIMER);
}

void vcpu_timer_init(struct vcpu *v)
{
	timer_init(&v->timer, fire);
}

void vcpu_timer_set(struct vcpu *v, uint64_t deadline)
{
	/* Past deadlines are common: no need to go through the heap. */
	if (deadline <= clock_now()) {
		timer_stop(&v->timer);
		vcpu_kick(v, WORK_TIMER);
		return;
	}
	timer_set(&v->timer, deadline);
}
