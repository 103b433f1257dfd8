/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_domctl(op): one domain as tools see and steer it (ABI domctl.h).
 * Here are those that read a domain or set a number in it.
 */
#include "call/control.h"
#include "domain/domain.h"
#include "lib/string.h"

static_assert(sizeof(struct xen_domctl) <= CALL_ARG_MAX, "argument");

/* The first domain from that number on. */
static long getdomaininfo(struct call *c, void *arg)
{
	struct xen_domctl *op = arg;

	(void)c;
	for (uint32_t id = op->domain; id < DOMAIN_MAX_ID; id++) {
		struct domain *d = domain_find((uint16_t)id);

		if (d != NULL) {
			op->domain = d->id;
			control_domain_info(d, &op->u.getdomaininfo);
			return 0;
		}
	}
	return -XEN_ESRCH;
}

static long max_mem(struct call *c, void *arg)
{
	const struct xen_domctl *op = arg;
	struct domain *d;
	const int err = call_target(c, op->domain, &d);

	if (err != 0) {
		return err;
	}
	spin_lock(&d->lock);
	d->frame_max = op->u.max_mem.max_memkb / (PAGE_SIZE / KIB(1));
	spin_unlock(&d->lock);
	return 0;
}

static long setdomainhandle(struct call *c, void *arg)
{
	const struct xen_domctl *op = arg;
	struct domain *d;
	const int err = call_target(c, op->domain, &d);

	if (err != 0) {
		return err;
	}
	spin_lock(&d->lock);
	memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
	spin_unlock(&d->lock);
	return 0;
}

static int find_vcpu(struct call *c, const struct xen_domctl *op, uint32_t id,
		     struct vcpu **v)
{
	struct domain *d;
	const int err = call_target(c, op->domain, &d);

	if (err != 0) {
		return err;
	}
	*v = domain_vcpu(d, id);
	return *v == NULL ? -XEN_ESRCH : 0;
}

static long getvcpuinfo(struct call *c, void *arg)
{
	struct xen_domctl *op = arg;
	struct xen_domctl_getvcpuinfo *info = &op->u.getvcpuinfo;
	struct vcpu *v;
	const int err = find_vcpu(c, op, info->vcpu, &v);

	if (err != 0) {
		return err;
	}
	info->online = v->wait != WAIT_START;
	info->running = sched_is_running(&v->unit);
	info->blocked = !info->running && v->wait != WAIT_NOTHING;
	info->cpu_time = sched_run_time(&v->unit);
	info->cpu = v->unit.cpu;
	return 0;
}

/* The scheduler has no preferences, only limits. */
static long getvcpuaffinity(struct call *c, void *arg)
{
	const struct xen_domctl *op = arg;
	const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	const struct cpuset all = cpuset_all();
	struct vcpu *v;
	int err = find_vcpu(c, op, a->vcpu, &v);

	if (err == 0 && (a->flags & XEN_VCPUAFFINITY_HARD) != 0) {
		err = control_put_cpus(c, &a->cpumap_hard, &v->unit.affinity);
	}
	if (err == 0 && (a->flags & XEN_VCPUAFFINITY_SOFT) != 0) {
		err = control_put_cpus(c, &a->cpumap_soft, &all);
	}
	return err;
}

static int set_hard(struct call *c, struct vcpu *v,
		    const struct xenctl_bitmap *map)
{
	const struct cpuset online = control_online_cpus();
	struct cpuset set;
	int err = control_get_cpus(c, map, &set);

	if (err == 0) {
		err = sched_set_affinity(&v->unit, set);
	}
	if (err == 0) {
		const struct cpuset effective = cpuset_and(set, online);

		err = control_put_cpus(c, map, &effective);
	}
	return err;
}

/* A preference is taken note of by saying what it comes to: all. */
static long setvcpuaffinity(struct call *c, void *arg)
{
	const struct xen_domctl *op = arg;
	const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	const struct cpuset online = control_online_cpus();
	struct vcpu *v;
	int err = find_vcpu(c, op, a->vcpu, &v);

	if (err == 0 && (a->flags & XEN_VCPUAFFINITY_HARD) != 0) {
		err = set_hard(c, v, &a->cpumap_hard);
	}
	if (err == 0 && (a->flags & XEN_VCPUAFFINITY_SOFT) != 0) {
		err = control_put_cpus(c, &a->cpumap_soft, &online);
	}
	return err;
}

#define ROW(name, flags)                                                       \
	{                                                                      \
		XEN_DOMCTL_##name, sizeof(struct xen_domctl),                  \
			CALL_PRIVILEGED | (flags), name                        \
	}

static const struct call_op rows[] = {
	ROW(getdomaininfo, CALL_COPY_BACK),
	ROW(max_mem, 0),
	ROW(setdomainhandle, 0),
	ROW(getvcpuinfo, CALL_COPY_BACK),
	ROW(getvcpuaffinity, 0),
	ROW(setvcpuaffinity, 0),
};

long call_domctl(struct call *c)
{
	return control_run(c, rows, ARRAY_SIZE(rows),
			   XEN_DOMCTL_INTERFACE_VERSION);
}
