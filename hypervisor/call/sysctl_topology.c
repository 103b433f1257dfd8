/* SPDX-License-Identifier: MIT */
/*
 * The machine's shape, which is as simple as the scheduler sees it: each pCPU is
 * a core of one socket, all memory is one node, all pCPUs are one pool.
 */
#include "arch/x86/percpu.h"
#include "call/control.h"
#include "call/sysctl.h"
#include "domain/domain.h"
#include "mm/frames.h"

#define DISTANCE_TO_ITSELF 10 /* ACPI 6.5 5.2.17: SLIT */

long sysctl_cputopoinfo(struct call *c, void *arg)
{
	struct xen_sysctl_cputopoinfo *op =
		&((struct xen_sysctl *)arg)->u.cputopoinfo;
	const uint64_t at = (uint64_t)(uintptr_t)op->cputopo.p;
	const uint32_t room = at == 0 ? 0 : op->num_cpus;

	for (uint32_t cpu = 0; cpu < room && cpu < pcpu_count; cpu++) {
		const struct xen_sysctl_cputopo t = { .core = cpu };

		if (guest_write(c->vcpu, at + cpu * sizeof(t), &t, sizeof(t)) !=
		    0) {
			return -XEN_EFAULT;
		}
	}
	op->num_cpus = pcpu_count;
	return 0;
}

long sysctl_numainfo(struct call *c, void *arg)
{
	struct xen_sysctl_numainfo *op =
		&((struct xen_sysctl *)arg)->u.numainfo;
	const uint64_t at = (uint64_t)(uintptr_t)op->meminfo.p;
	const uint64_t distances = (uint64_t)(uintptr_t)op->distance.p;
	const uint32_t distance = DISTANCE_TO_ITSELF;
	const struct xen_sysctl_meminfo memory = {
		.memsize = frames_end() << PAGE_SHIFT,
		.memfree = frames_free_count() << PAGE_SHIFT,
	};
	const bool room = op->num_nodes != 0;

	op->num_nodes = 1;
	if (room && at != 0 &&
	    guest_write(c->vcpu, at, &memory, sizeof(memory)) != 0) {
		return -XEN_EFAULT;
	}
	return room && distances != 0 ? guest_write(c->vcpu, distances,
						    &distance, sizeof(distance))
				      : 0;
}

/* There is pool 0, and it stays as it is. */
long sysctl_cpupool_op(struct call *c, void *arg)
{
	struct xen_sysctl_cpupool_op *op =
		&((struct xen_sysctl *)arg)->u.cpupool_op;
	const struct cpuset all = cpuset_all();

	if (op->op != XEN_SYSCTL_CPUPOOL_OP_INFO) {
		return -XEN_EOPNOTSUPP;
	}
	if (op->cpupool_id != 0) {
		return -XEN_ENOENT;
	}
	op->sched_id = XEN_SCHEDULER_CREDIT2;
	op->n_dom = 0;
	for (uint32_t id = 0; id < DOMAIN_MAX_ID; id++) {
		op->n_dom += domain_find((uint16_t)id) != NULL;
	}
	return control_write_cpus(c, &op->cpumap, &all);
}
