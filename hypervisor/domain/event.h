/* SPDX-License-Identifier: MIT */
/*
 * Event ports: one bit of "something happened", between two domains, from the
 * hypervisor (VIRQ) or between vCPUs of one domain (IPI).
 */
#pragma once

#include "domain/vcpu.h"

/* After d->vcpu_count is set. Ports 1 to max_ports - 1 can be used, at most
 * EVTCHN_FIFO_NR_CHANNELS. 0 or -XEN_ENOMEM. */
int event_domain_init(struct domain *d, uint32_t max_ports) must_check;
/* Pages of the heap that so many ports take, when all are in use. */
uint64_t event_heap_pages(uint32_t max_ports);
/* After event_close_some() and a quiescent point: senders take no lock. */
void event_domain_destroy(struct domain *d);
/* Closes up to `budget` ports; true when all are closed and the frames of the
 * FIFO queues are given back. For reset, and for teardown of a dying domain. */
bool event_close_some(struct domain *d, unsigned int budget);

/* Raises a per-vCPU VIRQ (TIMER, DEBUG, ...) if bound. */
void event_virq(struct vcpu *v, uint32_t virq);
/* Raises a global VIRQ in the service VM, if it is there and bound it. */
void event_virq_service(uint32_t virq);
/* SCHEDOP_poll: `v` is marked WAIT_POLL. The next event of its domain kicks it,
 * once; ask event_is_pending() after this call, never before. */
void event_poll_arm(struct vcpu *v);
/* For SCHEDOP_poll: pending regardless of the mask; false for a bad port. */
bool event_is_pending(struct domain *d, uint32_t port);
/* True when evtchn_upcall_pending is set in the vCPU's vcpu_info. */
bool event_upcall_pending(struct vcpu *v);
/* vcpu_info moved: keep what is pending (ABI vcpu.h, register_vcpu_info). */
void event_vcpu_info_moved(struct vcpu *v);

/*
 * What EVTCHNOP_* do for the domain that calls. `arg` is a copy of the ABI's
 * struct for that operation; its out fields are filled in. 0 or the error that
 * the ABI has for it.
 */
int event_send(struct domain *self, uint32_t port);
int event_unmask(struct domain *self, uint32_t port);
int event_close(struct domain *self, uint32_t port);
int event_alloc_unbound(struct domain *self, void *arg);
int event_bind_interdomain(struct domain *self, void *arg);
int event_bind_virq(struct domain *self, void *arg);
int event_bind_ipi(struct domain *self, void *arg);
int event_bind_vcpu(struct domain *self, void *arg);
int event_status(struct domain *self, void *arg);
int event_init_control(struct domain *self, void *arg);
int event_expand_array(struct domain *self, void *arg);
int event_set_priority(struct domain *self, void *arg);
