/* SPDX-License-Identifier: MIT */
#include "domain/vcpu.h"

#include "arch/x86/hooks.h"
#include "domain/p2m.h"
#include "domain/runstate.h"
#include "mm/window.h"

#define INFO_IN_SHARED 32u /* vCPUs below have a vcpu_info in shared_info */

struct vcpu *vcpu_create(struct domain *d, uint32_t id)
{
	struct vcpu *v = domain_alloc(d, sizeof(*v));

	if (v == NULL) {
		return NULL;
	}
	v->domain = d;
	v->id = id;
	v->wait = WAIT_START;
	v->info_mfn = MFN_NONE;
	spinlock_init(&v->lock, LOCK_VCPU);
	sched_unit_init(&v->unit, &d->sched);
	vcpu_timer_init(v);
	poll_init(v);
	runstate_init(v);
	return v;
}

void vcpu_destroy(struct vcpu *v)
{
	timer_cancel(&v->timer);
	timer_cancel(&v->poll_timer);
	vcpu_info_release(v);
	domain_free(v->domain, v, sizeof(*v));
}

struct vcpu *vcpu_current(void)
{
	return this_pcpu()->current;
}

static bool is_in_guest(const struct vcpu *v, uint32_t *seq)
{
	*seq = __atomic_load_n(&v->guest_seq, __ATOMIC_SEQ_CST);
	return (*seq & 1) != 0;
}

void vcpu_kick(struct vcpu *v, uint32_t work)
{
	uint32_t seq;

	/* Orders the bits before the look at guest_seq; pairs with the run
	 * loop, which makes guest_seq odd before it reads the bits. */
	__atomic_or_fetch(&v->work, work, __ATOMIC_SEQ_CST);
	if (v == vcpu_current()) {
		return;
	}
	if (is_in_guest(v, &seq)) {
		smp_kick(v->unit.cpu);
	} else {
		sched_wake(&v->unit);
	}
}

struct vcpu_info *vcpu_info_map(struct vcpu *v)
{
	/* Pairs with vcpu_info.c, where it comes and goes. */
	const mfn_t frame = mfn(load_acquire(&v->info_mfn.v));

	if (likely(!mfn_is_none(frame))) {
		char *page = window_map(frame);

		return (void *)(page + v->info_offset);
	}
	return v->id < INFO_IN_SHARED
		       ? &v->domain->shared_info->vcpu_info[v->id]
		       : NULL;
}

void vcpu_info_unmap(struct vcpu_info *info)
{
	window_unmap_if_window(info);
}

/* Waits until the vCPU has left guest mode once since `seq` was read. */
static void wait_exit(const struct vcpu *v, uint32_t seq)
{
	while (load_acquire(&v->guest_seq) == seq) {
		cpu_pause();
	}
}

/* Asks a vCPU to flush before its next entry; makes it leave guest mode.
 * Returns what wait_exit() must see change, 0 when there is nothing to wait
 * for. */
static uint32_t request_flush(struct vcpu *v)
{
	uint32_t seq;

	__atomic_or_fetch(&v->work, WORK_FLUSH, __ATOMIC_SEQ_CST);
	if (!is_in_guest(v, &seq)) {
		return 0;
	}
	smp_kick(v->unit.cpu);
	return seq;
}

void p2m_flush(struct domain *d)
{
	uint32_t seqs[DOMAIN_MAX_VCPUS];

	/* While the domain is being created it has no vCPUs yet. */
	if (d->vcpus == NULL || d->vcpus[d->vcpu_count - 1] == NULL) {
		return;
	}
	/* All are asked first, so that they leave at the same time. */
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		seqs[i] = request_flush(d->vcpus[i]);
	}
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		if (seqs[i] != 0) {
			wait_exit(d->vcpus[i], seqs[i]);
		}
	}
}
