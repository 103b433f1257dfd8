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

/* Wall clock in the 32-bit layout of shared_info (ABI: xen.h, with 32-bit
 * xen_ulong_t, and arch-x86/xen.h for the last word). */
#define NARROW_WC_OFFSET    2304
#define NARROW_WC_HI_OFFSET 2340

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
	if (v->time_area.held != 0) {
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

/* The words of the wall clock in the domain's layout. */
struct wall {
	guest_word_t *version;
	guest_word_t *sec;
	guest_word_t *nsec;
	guest_word_t *sec_hi;
};

static struct wall wall_of(struct domain *d)
{
	struct shared_info *s = d->shared_info;
	char *narrow = (char *)s + NARROW_WC_OFFSET;

	if (!d->width32) {
		return (struct wall){ &s->wc_version, &s->wc_sec, &s->wc_nsec,
				      &s->wc_sec_hi };
	}
	return (struct wall){
		.version = (void *)narrow,
		.sec = (void *)(narrow + 4),
		.nsec = (void *)(narrow + 8),
		.sec_hi = (void *)((char *)s + NARROW_WC_HI_OFFSET),
	};
}

static void write_wall(struct domain *d)
{
	uint64_t sec;
	uint32_t nsec;

	clock_wall_get(&sec, &nsec);
	spin_lock(&d->lock);

	const struct wall w = wall_of(d);
	const uint32_t version = guest_word_read(w.version) | 1;

	sec += (uint64_t)(int64_t)d->time_offset;
	guest_word_write(w.version, version);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	guest_word_write(w.sec, (uint32_t)sec);
	guest_word_write(w.nsec, nsec);
	guest_word_write(w.sec_hi, (uint32_t)(sec >> 32));
	guest_word_write(w.version, version + 1);
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
