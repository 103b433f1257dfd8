/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_sysctl(op): the machine as tools see it (ABI sysctl.h).
 *
 * One NUMA node, one socket: we do not know the machine's topology, and tools
 * only use it to place vCPUs, which our scheduler does itself.
 */
#include "arch/x86/percpu.h"
#include "call/control.h"
#include "core/clock.h"
#include "core/debugkeys.h"
#include "core/log.h"
#include "domain/domain.h"
#include "domain/reservation.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "mm/heap.h"

static_assert(sizeof(struct xen_sysctl) <= CALL_ARG_MAX, "argument");

#define KEYS_MAX 64u

/* Where a reader begins who has no position: moved by "clear". */
static uint32_t log_start;

static long readconsole(struct call *c, void *arg)
{
	struct xen_sysctl_readconsole *op =
		&((struct xen_sysctl *)arg)->u.readconsole;
	uint32_t index = op->incremental != 0 ? op->index : log_start;
	uint32_t done = 0;
	char text[256];
	size_t n;

	do {
		n = log_read(text, min_u64(sizeof(text), op->count - done),
			     &index);
		if (guest_write(c->vcpu,
				(uint64_t)(uintptr_t)op->buffer.p + done, text,
				n) != 0) {
			return -XEN_EFAULT;
		}
		done += (uint32_t)n;
	} while (n > 0);

	if (op->clear != 0) {
		log_start = index;
	}
	op->index = index;
	op->count = done;
	return 0;
}

/* RAM that is of use: guests', the service VM's at boot, our own. */
static uint64_t total_pages(void)
{
	struct domain *service = domain_find(0);

	return frames_total_count() + heap_total_bytes() / PAGE_SIZE +
	       (service != NULL ? service->frame_count : 0);
}

static long physinfo(struct call *c, void *arg)
{
	struct xen_sysctl *op = arg;

	(void)c;
	op->u.physinfo = (struct xen_sysctl_physinfo){
		.threads_per_core = 1,
		.cores_per_socket = pcpu_count,
		.nr_cpus = pcpu_count,
		.max_cpu_id = pcpu_count - 1,
		.nr_nodes = 1,
		.cpu_khz = clock_scale.tsc_khz,
		.capabilities = XEN_SYSCTL_PHYSCAP_hvm |
				XEN_SYSCTL_PHYSCAP_hap |
				XEN_SYSCTL_PHYSCAP_gnttab_v1,
		.total_pages = total_pages(),
		.free_pages = frames_free_count(),
		.outstanding_pages = reservation_claimed(),
		.max_mfn = frames_end() - 1,
	};
	return 0;
}

/* Ours has no parameters that tools could ask for: the id that says so. */
static long sched_id(struct call *c, void *arg)
{
	struct xen_sysctl *op = arg;

	(void)c;
	op->u.sched_id.sched_id = XEN_SCHEDULER_NULL;
	return 0;
}

static long getdomaininfolist(struct call *c, void *arg)
{
	struct xen_sysctl_getdomaininfolist *op =
		&((struct xen_sysctl *)arg)->u.getdomaininfolist;
	const uint64_t list = (uint64_t)(uintptr_t)op->buffer.p;
	struct xen_domctl_getdomaininfo info;
	uint32_t n = 0;

	for (uint32_t id = op->first_domain;
	     id < DOMAIN_MAX_ID && n < op->max_domains; id++) {
		struct domain *d = domain_find((uint16_t)id);

		if (d == NULL) {
			continue;
		}
		control_domain_info(d, &info);
		if (guest_write(c->vcpu, list + n * sizeof(info), &info,
				sizeof(info)) != 0) {
			return -XEN_EFAULT;
		}
		n++;
	}
	op->num_domains = n;
	return 0;
}

static long debug_keys(struct call *c, void *arg)
{
	const struct xen_sysctl_debug_keys *op =
		&((struct xen_sysctl *)arg)->u.debug_keys;
	const size_t n = min_u64(op->nr_keys, KEYS_MAX);
	char keys[KEYS_MAX];

	if (guest_read(c->vcpu, keys, (uint64_t)(uintptr_t)op->keys.p, n) !=
	    0) {
		return -XEN_EFAULT;
	}
	for (size_t i = 0; i < n; i++) {
		debug_key(keys[i]);
	}
	return 0;
}

static long availheap(struct call *c, void *arg)
{
	struct xen_sysctl_availheap *op =
		&((struct xen_sysctl *)arg)->u.availheap;

	(void)c;
	if (op->node > 0 || op->min_bitwidth != 0 || op->max_bitwidth != 0) {
		return -XEN_EINVAL; /* one node, no zones */
	}
	op->avail_bytes = frames_free_count() * PAGE_SIZE;
	return 0;
}

/* Without a list: how long it would be. */
static long cputopoinfo(struct call *c, void *arg)
{
	struct xen_sysctl_cputopoinfo *op =
		&((struct xen_sysctl *)arg)->u.cputopoinfo;
	const uint64_t list = (uint64_t)(uintptr_t)op->cputopo.p;
	const uint32_t room = op->num_cpus;

	for (uint32_t i = 0; list != 0 && i < room && i < pcpu_count; i++) {
		const struct xen_sysctl_cputopo t = { .core = i };

		if (guest_write(c->vcpu, list + i * sizeof(t), &t, sizeof(t)) !=
		    0) {
			return -XEN_EFAULT;
		}
	}
	op->num_cpus = pcpu_count;
	return 0;
}

static long numainfo(struct call *c, void *arg)
{
	struct xen_sysctl_numainfo *op =
		&((struct xen_sysctl *)arg)->u.numainfo;
	const uint64_t memory = (uint64_t)(uintptr_t)op->meminfo.p;
	const uint64_t distance = (uint64_t)(uintptr_t)op->distance.p;
	const struct xen_sysctl_meminfo m = {
		.memsize = total_pages() * PAGE_SIZE,
		.memfree = frames_free_count() * PAGE_SIZE,
	};
	const uint32_t local = 10; /* ACPI 6.5 5.2.17: the SLIT's unit */

	if (op->num_nodes > 0 && memory != 0 &&
	    guest_write(c->vcpu, memory, &m, sizeof(m)) != 0) {
		return -XEN_EFAULT;
	}
	if (op->num_nodes > 0 && distance != 0 &&
	    guest_write(c->vcpu, distance, &local, sizeof(local)) != 0) {
		return -XEN_EFAULT;
	}
	op->num_nodes = 1;
	return 0;
}

static uint32_t domain_count(void)
{
	uint32_t n = 0;

	for (uint16_t id = 0; id < DOMAIN_MAX_ID; id++) {
		n += domain_find(id) != NULL;
	}
	return n;
}

/* There is one pool, number 0, with everything in it. */
static long cpupool_op(struct call *c, void *arg)
{
	struct xen_sysctl_cpupool_op *op =
		&((struct xen_sysctl *)arg)->u.cpupool_op;
	const struct cpuset none = { { 0 } };
	const struct cpuset all = control_online_cpus();

	switch (op->op) {
	case XEN_SYSCTL_CPUPOOL_OP_INFO: /* of the first from that number on */
		if (op->cpupool_id != 0 &&
		    op->cpupool_id != XEN_SYSCTL_CPUPOOL_PAR_ANY) {
			return -XEN_ENOENT;
		}
		op->cpupool_id = 0;
		op->sched_id = XEN_SCHEDULER_NULL;
		op->n_dom = domain_count();
		return control_put_cpus(c, &op->cpumap, &all);
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
		return control_put_cpus(c, &op->cpumap, &none);
	default:
		return -XEN_ENOSYS;
	}
}

#define ROW(name, flags)                                                       \
	{                                                                      \
		XEN_SYSCTL_##name, sizeof(struct xen_sysctl),                  \
			CALL_PRIVILEGED | (flags), name                        \
	}

static const struct call_op rows[] = {
	ROW(readconsole, CALL_COPY_BACK),
	ROW(physinfo, CALL_COPY_BACK),
	ROW(sched_id, CALL_COPY_BACK),
	ROW(getdomaininfolist, CALL_COPY_BACK),
	ROW(debug_keys, 0),
	ROW(availheap, CALL_COPY_BACK),
	ROW(cputopoinfo, CALL_COPY_BACK),
	ROW(numainfo, CALL_COPY_BACK),
	ROW(cpupool_op, CALL_COPY_BACK),
};

long call_sysctl(struct call *c)
{
	return control_run(c, rows, ARRAY_SIZE(rows),
			   XEN_SYSCTL_INTERFACE_VERSION);
}
