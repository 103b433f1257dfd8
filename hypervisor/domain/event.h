/* SPDX-License-Identifier: MIT */
/*
 * Event ports: one bit of "something happened", between two domains, from the
 * hypervisor (VIRQ) or between vCPUs of one domain (IPI).
 *
 * This header is what the rest of the hypervisor needs; the hypercall rows in
 * call/event_op.c use event_op.h's functions.
 */
#pragma once

#include "domain/vcpu.h"

int event_domain_init(struct domain *d, uint32_t max_ports) must_check;
void event_domain_destroy(struct domain *d); /* after event_close_some() */
/* Closes up to `budget` ports; true when all are closed. For teardown. */
bool event_close_some(struct domain *d, unsigned int budget);
int event_vcpu_init(struct vcpu *v) must_check;
void event_vcpu_destroy(struct vcpu *v);

/* Raises a per-vCPU VIRQ (TIMER, DEBUG, ...) if bound. */
void event_virq(struct vcpu *v, uint32_t virq);
/* Raises a global VIRQ in the domain that bound it, if any. */
void event_virq_global(struct domain *d, uint32_t virq);
/* Sends on a local port as EVTCHNOP_send does: 0 or -XEN_EINVAL. */
int event_send(struct domain *d, uint32_t port);
/* For SCHEDOP_poll: pending regardless of the mask; false for a bad port. */
bool event_is_pending(struct domain *d, uint32_t port);
/* True when evtchn_upcall_pending is set in the vCPU's vcpu_info. */
bool event_upcall_pending(struct vcpu *v);
/* vcpu_info moved: keep what is pending (ABI vcpu.h, register_vcpu_info). */
void event_vcpu_info_moved(struct vcpu *v);
/* The domain restarts its kernel or was restored: all ports closed, 2-level. */
void event_domain_reset(struct domain *d);
