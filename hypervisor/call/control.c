/* SPDX-License-Identifier: MIT */
#include "call/control.h"

#include "arch/x86/features.h"
#include "arch/x86/percpu.h"
#include "domain/domain.h"
#include "lib/string.h"

long control_run(struct call *c, const struct call_op *rows, size_t count,
		 uint32_t version)
{
	uint32_t head[2]; /* command, version */

	if (!c->vcpu->domain->privileged) {
		return -XEN_EPERM;
	}
	if (guest_read(c->vcpu, head, c->arg[0], sizeof(head)) != 0) {
		return -XEN_EFAULT;
	}
	if (head[1] != version) {
		return -XEN_EACCES;
	}
	return call_table_run(c, rows, count, head[0], c->arg[0]);
}

struct cpuset control_online_cpus(void)
{
	struct cpuset set = { { 0 } };

	for (unsigned int i = 0; i < pcpu_count; i++) {
		cpuset_add(&set, i);
	}
	return set;
}

int control_put_cpus(struct call *c, const struct xenctl_bitmap *map,
		     const struct cpuset *set)
{
	const uint64_t to = (uint64_t)(uintptr_t)map->bitmap.p;
	const size_t bytes =
		min_u64((map->nr_bits + UINT64_C(7)) / 8, sizeof(set->word));

	/* pCPU 0 is bit 0 of byte 0 in both. */
	return guest_write(c->vcpu, to, set->word, bytes);
}

int control_get_cpus(struct call *c, const struct xenctl_bitmap *map,
		     struct cpuset *set)
{
	const uint64_t from = (uint64_t)(uintptr_t)map->bitmap.p;
	const size_t bytes =
		min_u64((map->nr_bits + UINT64_C(7)) / 8, sizeof(set->word));

	*set = (struct cpuset){ { 0 } };
	return guest_read(c->vcpu, set->word, from, bytes);
}

/* Tools must not see it shut down before all its vCPUs stand still. */
static bool is_stopped(struct domain *d)
{
	return d->state == DOMAIN_SHUTDOWN &&
	       __atomic_load_n(&d->stopped_count, __ATOMIC_ACQUIRE) ==
		       d->vcpu_count;
}

static uint32_t state_flags(struct domain *d)
{
	uint32_t f = XEN_DOMINF_hvm_guest | XEN_DOMINF_hap;

	if (d->state == DOMAIN_BUILDING) {
		f |= XEN_DOMINF_paused;
	}
	if (d->state == DOMAIN_DYING) {
		f |= XEN_DOMINF_dying;
	}
	if (is_stopped(d)) {
		f |= XEN_DOMINF_shutdown | (uint32_t)d->shutdown_reason
						   << XEN_DOMINF_shutdownshift;
	}
	return f;
}

/* What its vCPUs do, and have done. */
static void add_vcpus(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	bool running = false;
	bool blocked = true;

	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		struct vcpu *v = d->vcpus[i];

		info->cpu_time += sched_run_time(&v->unit);
		info->nr_online_vcpus += v->wait != WAIT_START;
		running = running || sched_is_running(&v->unit);
		blocked = blocked && v->wait != WAIT_NOTHING;
	}
	info->max_vcpu_id = d->vcpu_count - 1;
	if (running) {
		info->flags |= XEN_DOMINF_running;
	} else if (blocked) {
		info->flags |= XEN_DOMINF_blocked;
	}
}

void control_domain_info(struct domain *d,
			 struct xen_domctl_getdomaininfo *info)
{
	*info = (struct xen_domctl_getdomaininfo){
		.domain = d->id,
		.flags = state_flags(d),
		.tot_pages = __atomic_load_n(&d->frame_count, __ATOMIC_RELAXED),
		.max_pages = d->frame_max,
		.outstanding_pages = d->frames_claimed,
		.shared_info_frame = d->shared_info_gfn.v,
		.gpaddr_bits = cpu_features.phys_bits,
		.arch_config.emulation_flags = XEN_X86_EMU_LAPIC,
	};
	if (d->privileged) {
		info->arch_config.emulation_flags |=
			XEN_X86_EMU_IOAPIC | XEN_X86_EMU_VPCI;
	}
	memcpy(info->handle, d->handle, sizeof(info->handle));
	add_vcpus(d, info);
}
