/* SPDX-License-Identifier: MIT */
/*
 * Control of domains, <xen/domctl.h>.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <xen/xen.h>

#include <xen/vcpu.h>

#include "hypervisor/abi/corbel.h"
#include "libctl/core/internal.h"
#include "libctl/ops/ops.h"

int domctl_run(struct corbel *c, struct xen_domctl *op)
{
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	return call_struct(c, __HYPERVISOR_domctl, op, sizeof(*op));
}

/* A call that has no more to say than which domain. */
static int domctl_plain(struct corbel *c, uint32_t command, uint32_t domid)
{
	struct xen_domctl op = { .cmd = command, .domain = (domid_t)domid };

	return domctl_run(c, &op);
}

int domctl_create(struct corbel *c,
		  const struct xen_domctl_createdomain *config, uint32_t *domid)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_createdomain,
		.domain = (domid_t)*domid,
		.u.createdomain = *config,
	};
	const int rc = domctl_run(c, &op);

	if (rc == 0) {
		*domid = op.domain;
	}
	return rc;
}

int domctl_destroy(struct corbel *c, uint32_t domid)
{
	return domctl_plain(c, XEN_DOMCTL_destroydomain, domid);
}

int domctl_pause(struct corbel *c, uint32_t domid)
{
	return domctl_plain(c, XEN_DOMCTL_pausedomain, domid);
}

int domctl_unpause(struct corbel *c, uint32_t domid)
{
	return domctl_plain(c, XEN_DOMCTL_unpausedomain, domid);
}

int domctl_max_vcpus(struct corbel *c, uint32_t domid, uint32_t count)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_max_vcpus,
		.domain = (domid_t)domid,
		.u.max_vcpus.max = count,
	};

	return domctl_run(c, &op);
}

int domctl_max_memory(struct corbel *c, uint32_t domid, uint64_t kib)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_max_mem,
		.domain = (domid_t)domid,
		.u.max_mem.max_memkb = kib,
	};

	return domctl_run(c, &op);
}

int domctl_info(struct corbel *c, uint32_t domid,
		struct xen_domctl_getdomaininfo *info)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_getdomaininfo,
		.domain = (domid_t)domid,
	};
	const int rc = domctl_run(c, &op);

	*info = op.u.getdomaininfo;
	info->domain = op.domain;
	return rc;
}

int domctl_vcpu_info(struct corbel *c, uint32_t domid, uint32_t vcpu,
		     struct xen_domctl_getvcpuinfo *info)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_getvcpuinfo,
		.domain = (domid_t)domid,
		.u.getvcpuinfo.vcpu = vcpu,
	};
	const int rc = domctl_run(c, &op);

	*info = op.u.getvcpuinfo;
	return rc;
}

int domctl_activity(struct corbel *c, uint32_t domid, uint32_t vcpu,
		    struct domctl_activity *activity)
{
	struct corbel_domctl_activity a = { .vcpu = vcpu };
	struct xen_domctl op = {
		.cmd = CORBEL_DOMCTL_activity,
		.domain = (domid_t)domid,
	};
	int rc;

	memcpy(op.u.pad, &a, sizeof(a));
	rc = domctl_run(c, &op);
	memcpy(&a, op.u.pad, sizeof(a));
	activity->steal_ns = a.time[RUNSTATE_runnable];
	activity->events = a.events;
	return rc;
}

static int affinity(struct corbel *c, uint32_t command, uint32_t domid,
		    uint32_t vcpu, uint8_t *map, size_t size)
{
	struct xen_domctl op = {
		.cmd = command,
		.domain = (domid_t)domid,
		.u.vcpuaffinity = {
			.vcpu = vcpu,
			.flags = XEN_VCPUAFFINITY_HARD,
			.cpumap_hard.nr_bits = (uint32_t)(8 * size),
		},
	};
	uint8_t *const copy = call_buffer(c, size);
	int rc;

	if (copy == NULL) {
		return -1;
	}
	memcpy(copy, map, size);
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, copy);
	rc = domctl_run(c, &op);
	memcpy(map, copy, size);
	call_buffer_free(c, copy);
	return rc;
}

int domctl_get_affinity(struct corbel *c, uint32_t domid, uint32_t vcpu,
			uint8_t *map, size_t size)
{
	memset(map, 0, size);
	return affinity(c, XEN_DOMCTL_getvcpuaffinity, domid, vcpu, map, size);
}

int domctl_set_affinity(struct corbel *c, uint32_t domid, uint32_t vcpu,
			uint8_t *map, size_t size)
{
	return affinity(c, XEN_DOMCTL_setvcpuaffinity, domid, vcpu, map, size);
}

static int sched(struct corbel *c, uint32_t command, uint32_t domid,
		 struct xen_domctl_sched_credit *s)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_scheduler_op,
		.domain = (domid_t)domid,
		.u.scheduler_op = {
			.sched_id = XEN_SCHEDULER_CREDIT,
			.cmd = command,
			.u.credit = *s,
		},
	};
	const int rc = domctl_run(c, &op);

	*s = op.u.scheduler_op.u.credit;
	return rc;
}

int domctl_get_sched(struct corbel *c, uint32_t domid,
		     struct xen_domctl_sched_credit *s)
{
	*s = (struct xen_domctl_sched_credit){ 0 };
	return sched(c, XEN_DOMCTL_SCHEDOP_getinfo, domid, s);
}

int domctl_set_sched(struct corbel *c, uint32_t domid,
		     const struct xen_domctl_sched_credit *s)
{
	struct xen_domctl_sched_credit copy = *s;

	return sched(c, XEN_DOMCTL_SCHEDOP_putinfo, domid, &copy);
}

int domctl_set_context(struct corbel *c, uint32_t domid, const void *records,
		       size_t size)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_sethvmcontext,
		.domain = (domid_t)domid,
		.u.hvmcontext.size = (uint32_t)size,
	};
	void *copy = call_buffer(c, size);
	int rc;

	if (copy == NULL) {
		return -1;
	}
	memcpy(copy, records, size);
	set_xen_guest_handle(op.u.hvmcontext.buffer, copy);
	rc = domctl_run(c, &op);
	call_buffer_free(c, copy);
	return rc;
}

int domctl_write_memory(struct corbel *c, uint32_t domid, uint64_t gaddr,
			const void *buffer, size_t size)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_gdbsx_guestmemio,
		.domain = (domid_t)domid,
		.u.gdbsx_guest_memio = {
			.gva = gaddr,
			.uva = (uintptr_t)buffer,
			.len = (uint32_t)size,
			.gwr = 1,
		},
	};

	return domctl_run(c, &op);
}
