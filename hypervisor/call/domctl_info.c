/* SPDX-License-Identifier: MIT */
/* What a tool may know about a domain and its vCPUs. */
#include "arch/x86/features.h"
#include "call/domctl.h"
#include "domain/domain.h"
#include "domain/physmap.h"
#include "domain/runstate.h"
#include "lib/string.h"

static_assert(sizeof(struct corbel_domctl_activity) <=
		      sizeof(((struct xen_domctl *)NULL)->u),
	      "it fits");

static bool stands_still(const struct domain *d)
{
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		if (sched_is_running(&d->vcpus[i]->unit)) {
			return false;
		}
	}
	return true;
}

/* Tools must not see it shut down before all its vCPUs stand still. Those that
 * a tool has paused do not come to be parked. */
static bool is_stopped(const struct domain *d)
{
	return d->state == DOMAIN_SHUTDOWN &&
	       (__atomic_load_n(&d->stopped_count, __ATOMIC_ACQUIRE) ==
			d->vcpu_count ||
		(d->pause_count != 0 && stands_still(d)));
}

static uint32_t state_flags(struct domain *d)
{
	uint32_t f = XEN_DOMINF_hvm_guest | XEN_DOMINF_hap;

	if (d->pause_count != 0) {
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

static bool is_online(const struct vcpu *v)
{
	return v->wait != WAIT_START && v->wait != WAIT_DOWN;
}

/* What its vCPUs do, and have done. */
static void add_vcpus(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	bool running = false;
	bool blocked = true;

	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		struct vcpu *v = d->vcpus[i];

		info->cpu_time += sched_run_time(&v->unit);
		info->nr_online_vcpus += is_online(v);
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

void domctl_describe(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	*info = (struct xen_domctl_getdomaininfo){
		.domain = d->id,
		.flags = state_flags(d),
		.tot_pages = __atomic_load_n(&d->frame_count, __ATOMIC_RELAXED),
		.max_pages = min_u64(d->frame_max, UINT32_MAX),
		.outstanding_pages = d->claim,
		.shared_info_frame = physmap_page_gfn(d, d->shared_info).v,
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

/* The first domain from that number on. */
long domctl_getdomaininfo(struct call *c, void *arg)
{
	struct xen_domctl *op = arg;

	(void)c;
	for (uint32_t id = op->domain; id < DOMAIN_MAX_ID; id++) {
		struct domain *d = domain_find((uint16_t)id);

		if (d != NULL) {
			op->domain = d->id;
			domctl_describe(d, &op->u.getdomaininfo);
			return 0;
		}
	}
	return -XEN_ESRCH;
}

long domctl_getvcpuinfo(struct call *c, void *arg)
{
	struct xen_domctl *op = arg;
	struct xen_domctl_getvcpuinfo *info = &op->u.getvcpuinfo;
	struct vcpu *v;
	const int err = domctl_vcpu(op->domain, info->vcpu, &v);

	(void)c;
	if (err != 0) {
		return err;
	}
	info->online = is_online(v);
	info->running = sched_is_running(&v->unit);
	info->blocked = is_online(v) && v->wait != WAIT_NOTHING;
	info->cpu_time = sched_run_time(&v->unit);
	info->cpu = v->unit.cpu;
	return 0;
}

static void add_activity(struct vcpu *v, struct corbel_domctl_activity *a)
{
	struct vcpu_runstate_info info;

	runstate_get(v, &info);
	for (unsigned int i = 0; i < ARRAY_SIZE(info.time); i++) {
		a->time[i] += info.time[i];
	}
	a->events += load_relaxed(&v->event_count);
}

long domctl_activity(struct call *, void *arg)
{
	struct xen_domctl *op = arg;
	struct corbel_domctl_activity *a = (void *)op->u.pad;
	const uint32_t vcpu = a->vcpu;
	struct domain *d;
	const int err = domctl_domain(op->domain, &d);

	if (err != 0) {
		return err;
	}
	if (vcpu >= d->vcpu_count && vcpu != CORBEL_ALL_VCPUS) {
		return -XEN_ESRCH;
	}
	*a = (struct corbel_domctl_activity){ .vcpu = vcpu };
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		if (vcpu == i || vcpu == CORBEL_ALL_VCPUS) {
			add_activity(d->vcpus[i], a);
		}
	}
	return 0;
}
