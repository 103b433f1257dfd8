/* SPDX-License-Identifier: MIT */
/*
 * Paravirtual clock (ABI: xen.h, struct vcpu_time_info and shared_info.wc_*).
 *
 * Guests read the machine's TSC, and its scale is constant after boot: a record
 * stays right once written, whichever pCPU the vCPU runs on.
 */
#include "domain/pvclock.h"

#include "core/clock.h"
#include "domain/guest_word.h"
#include "lib/string.h"

static_assert(sizeof(struct vcpu_time_info) == 32, "time record");
static_assert(offsetof(struct vcpu_time_info, version) == 0, "time record");

/* Wall clock in shared_info; in the 32-bit layout (ABI: xen.h, with 32-bit
 * xen_ulong_t, and arch-x86/xen.h for the last word) it is elsewhere. */
#define WIDE_WC      offsetof(struct shared_info, wc_version)
#define WIDE_WC_HI   offsetof(struct shared_info, wc_sec_hi)
#define NARROW_WC    2304
#define NARROW_WC_HI 2340

static struct vcpu_time_info record(uint32_t version)
{
	return (struct vcpu_time_info){
		.version = version,
		.tsc_timestamp = clock_scale.tsc_base,
		.system_time = clock_scale.ns_base,
		.tsc_to_system_mul = clock_scale.mul,
		.tsc_shift = clock_scale.shift,
		.flags =
			clock_scale.tsc_stable ? XEN_PVCLOCK_TSC_STABLE_BIT : 0,
	};
}

/* An odd version, the record with it, then the even one. */
static void write_info(struct vcpu_info *info, uint32_t version)
{
	guest_word_t *word = &info->time.version;

	guest_word_write(word, version - 1);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	info->time = record(version - 1);
	guest_word_write(word, version);
}

static void write_area(const struct guest_area *a, uint32_t version)
{
	const struct vcpu_time_info odd = record(version - 1);

	guest_area_write(a, 0, &odd.version, sizeof(odd.version));
	guest_area_write(a, 0, &odd, sizeof(odd));
	guest_area_write(a, 0, &version, sizeof(version));
}

static void update_locked(struct vcpu *v)
{
	struct vcpu_info *info = vcpu_info_map(v);

	v->time_version += 2;
	if (info != NULL) {
		write_info(info, v->time_version);
		vcpu_info_unmap(info);
	}
	if (v->time_area.resolved) {
		write_area(&v->time_area, v->time_version);
	}
}

void pvclock_update(struct vcpu *v)
{
	spin_lock(&v->lock);
	update_locked(v);
	spin_unlock(&v->lock);
}

int pvclock_set_area(struct vcpu *v, struct vcpu *by, uint64_t linear)
{
	int rc = 0;

	spin_lock(&v->lock);
	guest_area_set(&v->time_area, linear, sizeof(struct vcpu_time_info));
	if (linear != 0 && !guest_area_resolve(&v->time_area, by)) {
		guest_area_set(&v->time_area, 0, 0);
		rc = -XEN_EFAULT;
	}
	update_locked(v);
	spin_unlock(&v->lock);
	return rc;
}

static void write_wall(struct domain *d)
{
	char *shared = (void *)d->shared_info;
	uint64_t sec;
	uint32_t nsec;

	clock_wall_get(&sec, &nsec);
	spin_lock(&d->lock);

	/* version, seconds, nanoseconds; and the seconds' upper half */
	guest_word_t *wc =
		(void *)(shared + (d->width32 ? NARROW_WC : WIDE_WC));
	guest_word_t *sec_hi =
		(void *)(shared + (d->width32 ? NARROW_WC_HI : WIDE_WC_HI));
	const uint32_t version = guest_word_read(&wc[0]) | 1;

	guest_word_write(&wc[0], version);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	guest_word_write(&wc[1], (uint32_t)sec);
	guest_word_write(&wc[2], nsec);
	guest_word_write(sec_hi, (uint32_t)(sec >> 32));
	guest_word_write(&wc[0], version + 1);
	spin_unlock(&d->lock);
}

void pvclock_publish(struct domain *d)
{
	write_wall(d);
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		pvclock_update(d->vcpus[i]);
	}
}

void pvclock_publish_wall(void)
{
	for (uint16_t id = 0; id < DOMAIN_MAX_ID; id++) {
		struct domain *d = domain_find(id);

		if (d != NULL) {
			write_wall(d);
		}
	}
}

void pvclock_latch_width(struct domain *d, bool wide)
{
	spin_lock(&d->lock);
	const bool changed = d->width32 == wide;

	d->width32 = !wide;
	spin_unlock(&d->lock);
	if (changed) {
		pvclock_publish(d);
	}
}
