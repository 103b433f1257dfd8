/* SPDX-License-Identifier: MIT */
/*
 * Polling. poll_ports is written only while the vCPU runs, and read by others
 * (event.c) only while it is WAIT_POLL.
 */

#include "domain/event.h"
#include "domain/event_port.h"

static void time_out(struct timer *t)
{
	struct vcpu *v = container_of(t, struct vcpu, poll_timer);

	store_release(&v->poll_timed_out, true);
	/* If it polls no longer this is one more look at its events. */
	vcpu_kick(v, WORK_EVENT);
}

void poll_init(struct vcpu *v)
{
	timer_init(&v->poll_timer, time_out);
}

bool poll_is_over(struct vcpu *v)
{
	if (load_acquire(&v->poll_timed_out)) {
		return true;
	}
	event_poll_arm(v);
	for (uint32_t i = 0; i < v->poll_count; i++) {
		if (event_is_pending(v->domain, v->poll_ports[i])) {
			return true;
		}
	}
	return false;
}

int poll_begin(struct vcpu *v, uint32_t count, uint64_t timeout)
{
	for (uint32_t i = 0; i < count; i++) {
		if (event_port_find(v->domain, v->poll_ports[i]) == NULL) {
			return -XEN_EINVAL;
		}
	}
	/* An older poll that an interrupt ended may have left it armed. */
	timer_stop(&v->poll_timer);
	v->poll_timed_out = false;
	v->poll_count = count;
	vcpu_set_wait(v, WAIT_POLL);
	event_poll_arm(v);
	if (poll_is_over(v)) {
		vcpu_set_wait(v, WAIT_NOTHING);
		return 0;
	}
	if (timeout != 0) {
		timer_set(&v->poll_timer, timeout);
	}
	/* The run loop looks once at interrupts that came before. */
	vcpu_kick(v, WORK_EVENT);
	return 0;
}
