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

/* Ports 1 to max_ports - 1 can be used. 0 or -XEN_ENOMEM. */
int event_domain_init(struct domain *d, uint32_t max_ports) must_check;
/* After event_close_some() and a quiescent point: senders take no lock. */
void event_domain_destroy(struct domain *d);
/* Closes up to `budget` ports; true when all are closed and the frames of the
 * FIFO queues are given back. For reset, and for teardown of a dying domain. */
bool event_close_some(struct domain *d, unsigned int budget);
/* After event_domain_init(). 0 or -XEN_ENOMEM. */
int event_vcpu_init(struct vcpu *v) must_check;
void event_vcpu_destroy(struct vcpu *v); /* after event_close_some() */

/* Raises a per-vCPU VIRQ (TIMER, DEBUG, ...) if bound. */
void event_virq(struct vcpu *v, uint32_t virq);
/* Raises a global VIRQ in the domain that bound it, if any. */
void event_virq_global(struct domain *d, uint32_t virq);
/* Sends on a local port as EVTCHNOP_send does: 0 or -XEN_EINVAL. */
int event_send(struct domain *d, uint32_t port);
/* SCHEDOP_poll: `v` has poll_ports filled in and is marked WAIT_POLL. From now
 * on a port of the list that becomes pending kicks it; ask event_is_pending()
 * after this call, never before. */
void event_poll_arm(struct vcpu *v);
/* For SCHEDOP_poll: pending regardless of the mask; false for a bad port. */
bool event_is_pending(struct domain *d, uint32_t port);
/* True when evtchn_upcall_pending is set in the vCPU's vcpu_info. */
bool event_upcall_pending(struct vcpu *v);
/* vcpu_info moved: keep what is pending (ABI vcpu.h, register_vcpu_info). */
void event_vcpu_info_moved(struct vcpu *v);
/* The domain restarts its kernel or was restored: all ports closed, 2-level. */
void event_domain_reset(struct domain *d);
