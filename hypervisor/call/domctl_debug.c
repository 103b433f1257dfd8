/* SPDX-License-Identifier: MIT */
/* Debugging a domain from outside, and what is done to one by force. */
#include "call/domctl.h"
#include "domain/domain.h"
#include "domain/vcpu.h"
#include "virt/debug.h"

/* A vCPU of another domain that lives. */
static int find_vcpu(struct call *c, uint16_t domid, uint32_t vcpu,
		     struct vcpu **out)
{
	struct domain *d;
	int err = domctl_other(c, domid, &d);

	if (err == 0) {
		err = domctl_live(domid, &d);
	}
	return err != 0 ? err : domctl_vcpu(domid, vcpu, out);
}

long domctl_setdebugging(struct call *c, void *arg)
{
	const struct xen_domctl *op = arg;
	struct domain *d;
	const int err = domctl_other(c, op->domain, &d);

	return err != 0 ? err : debug_attach(d, op->u.setdebugging.enable != 0);
}

long domctl_debug_op(struct call *c, void *arg)
{
	const struct xen_domctl *op = arg;
	struct vcpu *v;
	const int err = find_vcpu(c, op->domain, op->u.debug_op.vcpu, &v);

	if (err != 0) {
		return err;
	}
	switch (op->u.debug_op.op) {
	case XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_OFF:
		return debug_step(v, false);
	case XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_ON:
		return debug_step(v, true);
	default:
		return -XEN_EOPNOTSUPP;
	}
}

long domctl_gdbsx_pausevcpu(struct call *c, void *arg)
{
	const struct xen_domctl *op = arg;
	struct vcpu *v;
	const int err =
		find_vcpu(c, op->domain, op->u.gdbsx_pauseunp_vcpu.vcpu, &v);

	return err != 0 ? err : domain_pause_vcpu(v);
}

long domctl_gdbsx_unpausevcpu(struct call *c, void *arg)
{
	const struct xen_domctl *op = arg;
	struct vcpu *v;
	const int err =
		find_vcpu(c, op->domain, op->u.gdbsx_pauseunp_vcpu.vcpu, &v);

	return err != 0 ? err : domain_unpause_vcpu(v);
}

/* Tells one event of a domain that is paused, and forgets it. */
long domctl_gdbsx_domstatus(struct call *c, void *arg)
{
	struct xen_domctl *op = arg;
	struct xen_domctl_gdbsx_domstatus *status = &op->u.gdbsx_domstatus;
	struct domain *d;
	const int err = domctl_other(c, op->domain, &d);

	if (err != 0) {
		return err;
	}
	*status = (struct xen_domctl_gdbsx_domstatus){ .vcpu_id = UINT32_MAX };
	status->paused = load_acquire(&d->pause_count) != 0;
	for (unsigned int i = 0; status->paused && i < d->vcpu_count; i++) {
		status->vcpu_ev = __atomic_exchange_n(&d->vcpus[i]->debug_event,
						      0, __ATOMIC_SEQ_CST);
		if (status->vcpu_ev != 0) {
			status->vcpu_id = i;
			break;
		}
	}
	return 0;
}

/* Of the ABI's triggers the one that a guest without firmware can take. */
long domctl_sendtrigger(struct call *c, void *arg)
{
	const struct xen_domctl *op = arg;
	struct vcpu *v;
	const int err = find_vcpu(c, op->domain, op->u.sendtrigger.vcpu, &v);

	if (err != 0) {
		return err;
	}
	if (op->u.sendtrigger.trigger != XEN_DOMCTL_SENDTRIGGER_NMI) {
		return -XEN_EOPNOTSUPP;
	}
	vcpu_kick(v, WORK_NMI);
	return 0;
}

long domctl_resumedomain(struct call *c, void *arg)
{
	const struct xen_domctl *op = arg;
	struct domain *d;
	const int err = domctl_other(c, op->domain, &d);

	return err != 0 ? err : domain_resume(d);
}
