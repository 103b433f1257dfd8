/* SPDX-License-Identifier: MIT */
/*
 * What EVTCHNOP_* do, by the ABI's own argument structs (copies; out fields are
 * filled in). `self` is the calling domain. All return 0 or a negative error;
 * none takes a lock of the caller's.
 */
#pragma once

#include "domain/vcpu.h"

int event_alloc_unbound(struct domain *self, struct evtchn_alloc_unbound *op);
int event_bind_interdomain(struct domain *self,
			   struct evtchn_bind_interdomain *op);
int event_bind_virq(struct domain *self, struct evtchn_bind_virq *op);
int event_bind_ipi(struct domain *self, struct evtchn_bind_ipi *op);
int event_bind_vcpu(struct domain *self, const struct evtchn_bind_vcpu *op);
int event_close(struct domain *self, uint32_t port);
int event_unmask(struct domain *self, uint32_t port);
int event_status(struct domain *self, struct evtchn_status *op);

/* Finds whom op->dom means and whether `self` may: -XEN_ESRCH, -XEN_EPERM. */
int event_target(struct domain *self, uint16_t domid, struct domain **target);

/* FIFO only (event_fifo.c). */
int event_init_control(struct domain *self, struct evtchn_init_control *op);
int event_expand_array(struct domain *self,
		       const struct evtchn_expand_array *op);
int event_set_priority(struct domain *self,
		       const struct evtchn_set_priority *op);
