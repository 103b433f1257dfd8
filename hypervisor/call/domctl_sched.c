/* SPDX-License-Identifier: MIT */
/*
 * How a domain's vCPUs are scheduled: weight and cap, and where they may run.
 *
 * Weight and cap have the meaning of the ABI's credit schedulers, so these two
 * are the names our own answers to. Only hard affinity has a meaning here.
 */
#include "arch/x86/percpu.h"
#include "call/control.h"
#include "call/domctl.h"
#include "domain/domain.h"

static_assert(sizeof(struct xen_domctl_sched_credit) ==
		      sizeof(struct xen_domctl_sched_credit2),
	      "either is read as the other");

/* The ABI's cap is for the whole domain, ours for each vCPU: rounded up, for
 * nothing would be no cap. */
static int put_info(struct domain *d, const struct xen_domctl_sched_credit *s)
{
	if (s->weight == 0) {
		return -XEN_EINVAL;
	}
	__atomic_store_n(&d->sched.weight, s->weight, __ATOMIC_RELAXED);
	__atomic_store_n(&d->sched.cap,
			 (s->cap + d->vcpu_count - 1) / d->vcpu_count,
			 __ATOMIC_RELAXED);
	return 0;
}

static void get_info(const struct domain *d, struct xen_domctl_sched_credit *s)
{
	s->weight = (uint16_t)d->sched.weight;
	s->cap = (uint16_t)min_u64((uint64_t)d->sched.cap * d->vcpu_count,
				   UINT16_MAX);
}

long domctl_scheduler_op(struct call *c, void *arg)
{
	struct xen_domctl *op = arg;
	struct xen_domctl_scheduler_op *s = &op->u.scheduler_op;
	struct domain *d;
	const int err = domctl_live(op->domain, &d);

	(void)c;
	if (err != 0) {
		return err;
	}
	if (s->sched_id != XEN_SCHEDULER_CREDIT &&
	    s->sched_id != XEN_SCHEDULER_CREDIT2) {
		return -XEN_EINVAL;
	}
	switch (s->cmd) {
	case XEN_DOMCTL_SCHEDOP_putinfo:
		return put_info(d, &s->u.credit);
	case XEN_DOMCTL_SCHEDOP_getinfo:
		get_info(d, &s->u.credit);
		return 0;
	default:
		return -XEN_EINVAL;
	}
}

long domctl_setvcpuaffinity(struct call *c, void *arg)
{
	struct xen_domctl *op = arg;
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	struct cpuset set;
	struct vcpu *v;
	int err = domctl_vcpu(op->domain, a->vcpu, &v);

	if (err != 0) {
		return err;
	}
	if (a->flags != XEN_VCPUAFFINITY_HARD) {
		return -XEN_EOPNOTSUPP;
	}
	err = control_read_cpus(c, &a->cpumap_hard, &set);
	if (err == 0) {
		err = sched_set_affinity(&v->unit, set);
	}
	return err != 0 ? err : control_write_cpus(c, &a->cpumap_hard, &set);
}

long domctl_getvcpuaffinity(struct call *c, void *arg)
{
	struct xen_domctl *op = arg;
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	const struct cpuset all = cpuset_all();
	struct vcpu *v;
	int err = domctl_vcpu(op->domain, a->vcpu, &v);

	if (err == 0 && (a->flags & XEN_VCPUAFFINITY_HARD) != 0) {
		err = control_write_cpus(c, &a->cpumap_hard, &v->unit.affinity);
	}
	if (err == 0 && (a->flags & XEN_VCPUAFFINITY_SOFT) != 0) {
		err = control_write_cpus(c, &a->cpumap_soft, &all);
	}
	return err;
}
