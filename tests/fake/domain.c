/* SPDX-License-Identifier: MIT */
/* Domains and vCPUs without a hypervisor around them. */
#include "domain/domain.h"
#include "arch/x86/hooks.h"
#include "domain/guest_copy.h"
#include "fake.h"
#include "memory.h"
#include "mm/heap.h"
#include "mm/window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DOMAINS 16

struct fake_vcpu {
	struct vcpu vcpu;
	unsigned int kicks;
	uint32_t work;
};

static struct domain *domains[MAX_DOMAINS];
static struct vcpu *current;

void fake_reset(void)
{
	for (unsigned int i = 0; i < MAX_DOMAINS; i++) {
		if (domains[i] != NULL) {
			fake_domain_remove(domains[i]);
		}
	}
	fake_memory_reset();
	fake_alloc_fail_after(-1);
	fake_guest_step = NULL;
	current = NULL;
}

static struct vcpu *vcpu_make(struct domain *d, uint32_t id)
{
	struct fake_vcpu *f = calloc(1, sizeof(*f));

	f->vcpu.id = id;
	f->vcpu.domain = d;
	f->vcpu.info_mfn = MFN_NONE;
	spinlock_init(&f->vcpu.lock, LOCK_VCPU);
	return &f->vcpu;
}

struct domain *fake_domain_add(uint16_t id, unsigned int vcpus)
{
	struct domain *d = calloc(1, sizeof(*d));

	d->id = id;
	d->state = DOMAIN_RUNNING;
	d->vcpu_count = vcpus;
	d->vcpus = calloc(vcpus, sizeof(d->vcpus[0]));
	d->shared_info = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
	memset(d->shared_info, 0, PAGE_SIZE);
	d->frame_max = FAKE_FRAMES;
	d->heap_pages_max = 4096;
	spinlock_init(&d->lock, LOCK_DOMAIN);
	if (p2m_init(d) != 0) {
		panic("no p2m\n");
	}
	for (unsigned int i = 0; i < vcpus; i++) {
		d->vcpus[i] = vcpu_make(d, i);
	}
	if (current == NULL) {
		current = d->vcpus[0];
	}
	for (unsigned int i = 0; i < MAX_DOMAINS; i++) {
		if (domains[i] == NULL) {
			domains[i] = d;
			return d;
		}
	}
	panic("too many domains\n");
}

void fake_domain_remove(struct domain *d)
{
	for (unsigned int i = 0; i < MAX_DOMAINS; i++) {
		if (domains[i] == d) {
			domains[i] = NULL;
		}
	}
	if (current != NULL && current->domain == d) {
		current = NULL;
	}
	p2m_destroy(d);
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		free(d->vcpus[i]);
	}
	free(d->shared_info);
	free(d->vcpus);
	free(d);
}

void fake_domain_add_ram(struct domain *d, uint64_t first, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		const mfn_t m = frames_alloc(d->id, 0);

		if (mfn_is_none(m) ||
		    p2m_map(d, gfn(first + i), m, 0, P2M_RAM_RW) != 0) {
			panic("no RAM\n");
		}
	}
}

void *fake_guest(struct domain *d, uint64_t addr)
{
	const mfn_t m = p2m_lookup(d, gfn(addr >> PAGE_SHIFT), NULL);

	return (char *)fake_frame(m) + addr % PAGE_SIZE;
}

struct domain *domain_find(uint16_t domid)
{
	for (unsigned int i = 0; i < MAX_DOMAINS; i++) {
		if (domains[i] != NULL && domains[i]->id == domid) {
			return domains[i];
		}
	}
	return NULL;
}

struct domain *domain_resolve(struct domain *self, uint16_t domid)
{
	return domid == DOMID_SELF ? self : domain_find(domid);
}

struct vcpu *domain_vcpu(struct domain *d, uint32_t vcpu_id)
{
	return vcpu_id < d->vcpu_count ? d->vcpus[vcpu_id] : NULL;
}

void *domain_alloc_page(struct domain *d)
{
	void *p = heap_alloc_pages(0);

	d->heap_pages += p != NULL;
	return p;
}

void domain_free_page(struct domain *d, void *page)
{
	d->heap_pages--;
	heap_free_pages(page, 0);
}

void *domain_alloc(struct domain *d, size_t size)
{
	void *p = heap_alloc(size);

	d->heap_pages += p == NULL ? 0 : align_up(size, PAGE_SIZE) / PAGE_SIZE;
	return p;
}

void domain_free(struct domain *d, void *p, size_t size)
{
	d->heap_pages -= p == NULL ? 0 : align_up(size, PAGE_SIZE) / PAGE_SIZE;
	heap_free(p, size);
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	(void)fmt;
	domain_shutdown(d, SHUTDOWN_crash);
}

void domain_shutdown(struct domain *d, uint8_t reason)
{
	d->state = DOMAIN_SHUTDOWN;
	d->shutdown_reason = reason;
}

void fake_set_current(struct vcpu *v)
{
	current = v;
}

struct vcpu *vcpu_current(void)
{
	return current;
}

void vcpu_kick(struct vcpu *v, uint32_t work)
{
	struct fake_vcpu *f = container_of(v, struct fake_vcpu, vcpu);

	/* As the real one does. */
	spin_lock(&v->lock);
	v->work |= work;
	f->kicks++;
	f->work |= work;
	spin_unlock(&v->lock);
}

unsigned int fake_kicks(struct vcpu *v, uint32_t *work)
{
	struct fake_vcpu *f = container_of(v, struct fake_vcpu, vcpu);
	const unsigned int kicks = f->kicks;

	if (work != NULL) {
		*work = f->work;
	}
	f->kicks = 0;
	f->work = 0;
	return kicks;
}

struct vcpu_info *vcpu_info_map(struct vcpu *v)
{
	if (!mfn_is_none(v->info_mfn)) {
		char *page = window_map(v->info_mfn);

		return (struct vcpu_info *)(void *)(page + v->info_offset);
	}
	return v->id < XEN_LEGACY_MAX_VCPUS
		       ? &v->domain->shared_info->vcpu_info[v->id]
		       : NULL;
}

void vcpu_info_unmap(struct vcpu_info *info)
{
	window_unmap_if_window(info);
}

static int access_guest(struct domain *d, void *buf, uint64_t addr, size_t len,
			bool write)
{
	for (size_t i = 0; i < len; i++) {
		enum p2m_type type;
		const mfn_t m =
			p2m_lookup(d, gfn((addr + i) >> PAGE_SHIFT), &type);

		if (write ? !p2m_type_is_writable(type)
			  : !p2m_type_is_readable(type)) {
			return -XEN_EFAULT;
		}

		uint8_t *there =
			(uint8_t *)fake_frame(m) + (addr + i) % PAGE_SIZE;
		uint8_t *here = (uint8_t *)buf + i;

		if (write) {
			*there = *here;
		} else {
			*here = *there;
		}
	}
	return 0;
}

int guest_read(struct vcpu *v, void *dst, uint64_t linear, size_t len)
{
	return access_guest(v->domain, dst, linear, len, false);
}

int guest_write(struct vcpu *v, uint64_t linear, const void *src, size_t len)
{
	return access_guest(v->domain, (void *)(uintptr_t)src, linear, len,
			    true);
}

int fake_guest_read(struct domain *d, void *dst, gaddr_t addr, size_t len)
{
	return access_guest(d, dst, addr.v, len, false);
}

void *guest_phys_map(struct domain *d, gaddr_t addr, bool write)
{
	enum p2m_type type;
	const mfn_t m = p2m_lookup(d, gfn_of(addr), &type);

	if (write ? !p2m_type_is_writable(type) : !p2m_type_is_readable(type)) {
		return NULL;
	}
	return (char *)window_map(m) + page_offset(addr.v);
}

int guest_phys_write(struct domain *d, gaddr_t addr, const void *src,
		     size_t len)
{
	return access_guest(d, (void *)(uintptr_t)src, addr.v, len, true);
}

int guest_phys_fill(struct domain *d, gaddr_t addr, struct vcpu *v,
		    uint64_t linear, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t byte;
		int err = guest_read(v, &byte, linear + i, 1);

		if (err == 0) {
			err = access_guest(d, &byte, addr.v + i, 1, true);
		}
		if (err != 0) {
			return err;
		}
	}
	return 0;
}

void fake_check_clean(void)
{
	if (fake_locks_held() != 0 || fake_windows() != 0) {
		panic("%u locks and %u windows are left\n", fake_locks_held(),
		      fake_windows());
	}
}
