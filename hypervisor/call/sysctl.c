/* SPDX-License-Identifier: MIT */
/* HYPERVISOR_sysctl(op): the machine as tools see it (ABI sysctl.h). */
#include "call/sysctl.h"
#include "arch/x86/percpu.h"
#include "call/control.h"
#include "call/domctl.h"
#include "core/clock.h"
#include "core/debugkeys.h"
#include "core/log.h"
#include "domain/domain.h"
#include "domain/physmap.h"
#include "mm/frames.h"
#include "mm/heap.h"

static_assert(sizeof(struct xen_sysctl) <= CALL_ARG_MAX, "argument");

#define KEYS_MAX 64u

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
		domctl_describe(d, &info);
		if (guest_write(c->vcpu, list + n * sizeof(info), &info,
				sizeof(info)) != 0) {
			return -XEN_EFAULT;
		}
		n++;
	}
	op->num_domains = n;
	return 0;
}

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

/* Weights and caps mean what they mean in that one (domctl_sched.c). */
static long sched_id(struct call *, void *arg)
{
	((struct xen_sysctl *)arg)->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
	return 0;
}

#define ROW(name, flags, run)                                                  \
	{                                                                      \
		XEN_SYSCTL_##name, sizeof(struct xen_sysctl), flags, run       \
	}

static const struct call_op sysctl_rows[] = {
	ROW(readconsole, CALL_COPY_BACK, readconsole),
	ROW(tbuf_op, CALL_COPY_BACK, sysctl_tbuf_op),
	ROW(physinfo, CALL_COPY_BACK, physinfo),
	ROW(sched_id, CALL_COPY_BACK, sched_id),
	ROW(getdomaininfolist, CALL_COPY_BACK, getdomaininfolist),
	ROW(debug_keys, 0, debug_keys),
	ROW(cputopoinfo, CALL_COPY_BACK, sysctl_cputopoinfo),
	ROW(numainfo, CALL_COPY_BACK, sysctl_numainfo),
	ROW(cpupool_op, CALL_COPY_BACK, sysctl_cpupool_op),
	ROW(get_cpu_featureset, CALL_COPY_BACK, sysctl_get_cpu_featureset),
	ROW(get_cpu_policy, CALL_COPY_BACK, sysctl_get_cpu_policy),
};

long call_sysctl(struct call *c)
{
	return control_run(c, sysctl_rows, ARRAY_SIZE(sysctl_rows),
			   XEN_SYSCTL_INTERFACE_VERSION);
}
