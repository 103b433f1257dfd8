/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_domctl(op): domains as tools see them (ABI domctl.h). The table,
 * and the operations on a domain as a whole.
 */
#include "call/domctl.h"

#include "call/control.h"
#include "call/domctl_context.h"
#include "domain/domain.h"
#include "lib/string.h"

static_assert(sizeof(struct xen_domctl) <= CALL_ARG_MAX, "argument");

/* Numbers that the ABI has in no header. */
#define TSC_MODE_DEFAULT       0u
#define TSC_MODE_NEVER_EMULATE 2u

#define KIB_PER_FRAME          (PAGE_SIZE / 1024)

/* Nothing to remember between steps: the domain knows how far it is. */
static long destroydomain(struct call *c, void *arg)
{
	const struct xen_domctl *op = arg;
	struct domain *d;
	const int err = domctl_other(c, op->domain, &d);

	if (err != 0) {
		return err;
	}
	teardown_begin(d);

	const int rc = teardown_step(d);

	if (rc == 0) {
		return 0;
	}
	if (rc == -XEN_EBUSY) {
		c->vcpu->yield = true;
	}
	return CALL_AGAIN;
}

static long pausedomain(struct call *c, void *arg)
{
	const struct xen_domctl *op = arg;
	struct domain *d;
	const int err = domctl_other(c, op->domain, &d);

	return err != 0 ? err : domain_pause(d);
}

static long unpausedomain(struct call *c, void *arg)
{
	const struct xen_domctl *op = arg;
	struct domain *d;
	const int err = domctl_other(c, op->domain, &d);

	return err != 0 ? err : domain_unpause(d);
}

/* vCPUs come with the domain: tools only say their number again. */
static long max_vcpus(struct call *c, void *arg)
{
	const struct xen_domctl *op = arg;
	struct domain *d;
	const int err = domctl_live(op->domain, &d);

	(void)c;
	if (err != 0) {
		return err;
	}
	return op->u.max_vcpus.max == d->vcpu_count ? 0 : -XEN_EINVAL;
}

/* A limit below what it has keeps it from getting more. */
static long max_mem(struct call *c, void *arg)
{
	const struct xen_domctl *op = arg;
	struct domain *d;
	const int err = domctl_live(op->domain, &d);

	(void)c;
	if (err != 0) {
		return err;
	}
	domain_set_frame_max(d, op->u.max_mem.max_memkb / KIB_PER_FRAME);
	return 0;
}

static long setdomainhandle(struct call *c, void *arg)
{
	const struct xen_domctl *op = arg;
	struct domain *d;
	const int err = domctl_live(op->domain, &d);

	(void)c;
	if (err != 0) {
		return err;
	}
	spin_lock(&d->lock);
	memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
	spin_unlock(&d->lock);
	return 0;
}

/* The TSC is never emulated: the modes that let it be are as good as each other. */
static long settscinfo(struct call *, void *arg)
{
	const struct xen_domctl *op = arg;
	const uint32_t mode = op->u.tsc_info.tsc_mode;
	struct domain *d;
	const int err = domctl_live(op->domain, &d);

	if (err != 0) {
		return err;
	}
	return mode == TSC_MODE_DEFAULT || mode == TSC_MODE_NEVER_EMULATE
		       ? 0
		       : -XEN_EOPNOTSUPP;
}

/* Nested tables come from the heap, as many as the domain's memory needs. */
static long set_paging_mempool_size(struct call *, void *arg)
{
	const struct xen_domctl *op = arg;
	struct domain *d;

	return domctl_live(op->domain, &d);
}

#define ROW(name, flags, run)                                                  \
	{                                                                      \
		XEN_DOMCTL_##name, sizeof(struct xen_domctl), flags, run       \
	}

static const struct call_op rows[] = {
	ROW(createdomain, CALL_COPY_BACK, domctl_createdomain),
	ROW(destroydomain, 0, destroydomain),
	ROW(pausedomain, 0, pausedomain),
	ROW(unpausedomain, 0, unpausedomain),
	ROW(getdomaininfo, CALL_COPY_BACK, domctl_getdomaininfo),
	ROW(getvcpuinfo, CALL_COPY_BACK, domctl_getvcpuinfo),
	ROW(setvcpuaffinity, CALL_COPY_BACK, domctl_setvcpuaffinity),
	ROW(getvcpuaffinity, CALL_COPY_BACK, domctl_getvcpuaffinity),
	ROW(scheduler_op, CALL_COPY_BACK, domctl_scheduler_op),
	ROW(max_mem, 0, max_mem),
	ROW(max_vcpus, 0, max_vcpus),
	ROW(setdomainhandle, 0, setdomainhandle),
	ROW(settscinfo, 0, settscinfo),
	ROW(set_paging_mempool_size, 0, set_paging_mempool_size),
	ROW(get_cpu_policy, CALL_COPY_BACK, domctl_get_cpu_policy),
	ROW(set_cpu_policy, 0, domctl_set_cpu_policy),
	ROW(sethvmcontext, 0, domctl_sethvmcontext),
	ROW(gethvmcontext, CALL_COPY_BACK, domctl_gethvmcontext),
	ROW(resumedomain, 0, domctl_resumedomain),
	ROW(sendtrigger, 0, domctl_sendtrigger),
	ROW(setdebugging, 0, domctl_setdebugging),
	ROW(debug_op, 0, domctl_debug_op),
	ROW(gdbsx_guestmemio, CALL_COPY_BACK, domctl_gdbsx_guestmemio),
	ROW(gdbsx_pausevcpu, 0, domctl_gdbsx_pausevcpu),
	ROW(gdbsx_unpausevcpu, 0, domctl_gdbsx_unpausevcpu),
	ROW(gdbsx_domstatus, CALL_COPY_BACK, domctl_gdbsx_domstatus),
	{ CORBEL_DOMCTL_activity, sizeof(struct xen_domctl), CALL_COPY_BACK,
	  domctl_activity },
};

long call_domctl(struct call *c)
{
	return control_run(c, rows, ARRAY_SIZE(rows),
			   XEN_DOMCTL_INTERFACE_VERSION);
}
