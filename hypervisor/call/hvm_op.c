/* SPDX-License-Identifier: MIT */
/* HYPERVISOR_hvm_op(op, argument): what concerns a hardware-virtualised domain
 * as such. Layouts are the same for 32-bit callers. */
#include "call/call.h"
#include "domain/hvm_params.h"
#include "domain/p2m_table.h"

#define VECTOR_MIN 0x10 /* below are exceptions */

static_assert(sizeof(struct xen_hvm_param) == 16, "as in 32 bits");
static_assert(sizeof(struct xen_hvm_evtchn_upcall_vector) == 8,
	      "as in 32 bits");

static long set_param(struct call *c, void *arg)
{
	const struct xen_hvm_param *op = arg;
	struct domain *self = c->vcpu->domain;
	struct domain *d;
	int err = call_target(c, op->domid, &d);

	if (err == 0) {
		err = hvm_params_set(self, d, op->index, op->value);
	}
	if (err == 0 && d == self && op->index == HVM_PARAM_CALLBACK_IRQ) {
		hvm_params_latch_width(d, c->wide);
	}
	return err;
}

static long get_param(struct call *c, void *arg)
{
	struct xen_hvm_param *op = arg;
	struct domain *d;
	const int err = call_target(c, op->domid, &d);

	return err != 0 ? err
			: hvm_params_get(c->vcpu->domain, d, op->index,
					 &op->value);
}

/* From now on this vCPU is told of events through its local APIC. */
static long set_upcall_vector(struct call *c, void *arg)
{
	const struct xen_hvm_evtchn_upcall_vector *op = arg;
	struct vcpu *v = domain_vcpu(c->vcpu->domain, op->vcpu);

	if (op->vector < VECTOR_MIN) {
		return -XEN_EINVAL;
	}
	if (v == NULL) {
		return -XEN_ENOENT;
	}
	spin_lock(&v->lock);
	v->upcall_vector = op->vector;
	spin_unlock(&v->lock);
	vcpu_kick(v, WORK_EVENT);
	return 0;
}

static long flush_tlbs(struct call *c, void *arg)
{
	(void)arg;
	if (c->arg[1] != 0) {
		return -XEN_EINVAL;
	}
	p2m_flush(c->vcpu->domain);
	return 0;
}

static const struct call_op rows[] = {
	{ HVMOP_set_param, sizeof(struct xen_hvm_param), CALL_SAME32,
	  set_param },
	{ HVMOP_get_param, sizeof(struct xen_hvm_param),
	  CALL_SAME32 | CALL_COPY_BACK, get_param },
	{ HVMOP_set_evtchn_upcall_vector,
	  sizeof(struct xen_hvm_evtchn_upcall_vector), CALL_SAME32,
	  set_upcall_vector },
	{ HVMOP_flush_tlbs, 0, CALL_NO_ARG, flush_tlbs },
};

long call_hvm_op(struct call *c)
{
	return call_table_run(c, rows, ARRAY_SIZE(rows), c->arg[0], c->arg[1]);
}
