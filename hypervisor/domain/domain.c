/* SPDX-License-Identifier: MIT */
/*
 * Domains: the table of them, their memory accounts and their life cycle.
 *
 * The table is read without a lock; a domain leaves it before its memory is
 * given back at a quiescent point.
 */
#include "domain/domain.h"

#include "arch/x86/hooks.h"
#include "core/clock.h"
#include "domain/event.h"
#include "domain/grant.h"
#include "domain/memory_map.h"
#include "domain/p2m.h"
#include "domain/pvclock.h"
#include "lib/printf.h"
#include "mm/frames.h"
#include "mm/heap.h"

#define PAUSES_MAX 255u

/* Pages of the heap: what a vCPU and its parts take at most, what a domain's
 * other parts do, and page tables for things far from its memory. */
#define VCPU_PAGES   16u
#define DOMAIN_PAGES 64u
#define SPARE_TABLES 256u

static_assert(DOMAIN_EVENT_PORTS == EVTCHN_FIFO_NR_CHANNELS, "FIFO's limit");
static_assert(DOMAIN_MAX_ID <= FRAME_OWNERS, "owners of frames");

static struct domain *domains[DOMAIN_MAX_ID];

void (*domain_stopped_hook)(struct domain *d);

struct domain *domain_find(uint16_t domid)
{
	if (domid >= DOMAIN_MAX_ID) {
		return NULL;
	}
	/* Pairs with domain_publish(): a domain found is complete. */
	return load_acquire(&domains[domid]);
}

struct domain *domain_resolve(struct domain *self, uint16_t domid)
{
	return domid == DOMID_SELF || domid == self->id ? self
							: domain_find(domid);
}

struct vcpu *domain_vcpu(struct domain *d, uint32_t vcpu_id)
{
	return vcpu_id < d->vcpu_count ? d->vcpus[vcpu_id] : NULL;
}

/* Charges `pages`; says which limit stood in the way. */
static bool charge(struct domain *d, uint64_t pages)
{
	const uint64_t now =
		__atomic_add_fetch(&d->heap_pages, pages, __ATOMIC_RELAXED);

	const uint64_t max = load_relaxed(&d->heap_pages_max);

	if (now <= max) {
		return true;
	}
	__atomic_sub_fetch(&d->heap_pages, pages, __ATOMIC_RELAXED);
	log_guest("domain %u: limit of %lu hypervisor pages reached\n", d->id,
		  max);
	return false;
}

static void uncharge(struct domain *d, uint64_t pages)
{
	__atomic_sub_fetch(&d->heap_pages, pages, __ATOMIC_RELAXED);
}

static uint64_t pages_of(size_t size)
{
	return align_up(size, PAGE_SIZE) / PAGE_SIZE;
}

void *domain_alloc(struct domain *d, size_t size)
{
	if (!charge(d, pages_of(size))) {
		return NULL;
	}

	void *p = heap_alloc(size);

	if (p == NULL) {
		log_guest("domain %u: hypervisor memory exhausted\n", d->id);
		uncharge(d, pages_of(size));
	}
	return p;
}

void domain_free(struct domain *d, void *p, size_t size)
{
	if (p != NULL) {
		heap_free(p, size);
		uncharge(d, pages_of(size));
	}
}

void *domain_alloc_page(struct domain *d)
{
	return domain_alloc(d, PAGE_SIZE);
}

void domain_free_page(struct domain *d, void *page)
{
	domain_free(d, page, PAGE_SIZE);
}

static int create_vcpus(struct domain *d)
{
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		d->vcpus[i] = vcpu_create(d, i);
		if (d->vcpus[i] == NULL) {
			return -XEN_ENOMEM;
		}
	}
	return 0;
}

static int create_parts(struct domain *d, const struct domain_config *c)
{
	int err;

	d->vcpus = domain_alloc(d, d->vcpu_count * sizeof(*d->vcpus));
	d->shared_info = domain_alloc_page(d);
	if (d->vcpus == NULL || d->shared_info == NULL) {
		return -XEN_ENOMEM;
	}
	err = p2m_init(d);
	if (err == 0) {
		err = event_domain_init(d, c->event_ports);
	}
	if (err == 0) {
		err = grant_domain_init(d, c->grant_frames, c->grant_mappings);
	}
	return err != 0 ? err : create_vcpus(d);
}

/* More than it can need, tables for its memory left out. The service VM is
 * trusted not to take everything. */
static uint64_t heap_limit(const struct domain_config *c)
{
	if (c->privileged) {
		return heap_total_bytes() / PAGE_SIZE;
	}
	return DOMAIN_PAGES + SPARE_TABLES + c->vcpus * VCPU_PAGES +
	       grant_heap_pages(c->grant_frames, c->grant_mappings) +
	       event_heap_pages(c->event_ports);
}

void domain_set_frame_max(struct domain *d, uint64_t frames)
{
	spin_lock(&d->lock);
	d->frame_max = frames;
	/* A table maps 512 frames. */
	store_relaxed(&d->heap_pages_max, d->heap_pages_base + frames / 512);
	spin_unlock(&d->lock);
}

static bool config_ok(const struct domain_config *c)
{
	return c->id < DOMAIN_MAX_ID && c->vcpus != 0 &&
	       c->vcpus <= DOMAIN_MAX_VCPUS &&
	       c->event_ports <= DOMAIN_EVENT_PORTS && c->grant_frames != 0 &&
	       c->grant_frames <= DOMAIN_GRANT_FRAMES &&
	       c->grant_mappings <= GRANT_MAPPINGS_MAX;
}

int domain_create(const struct domain_config *config, struct domain **out)
{
	static uint64_t last_serial;

	*out = NULL;
	if (!config_ok(config)) {
		return -XEN_EINVAL;
	}
	if (domain_find(config->id) != NULL) {
		return -XEN_EEXIST;
	}

	struct domain *d = heap_alloc(sizeof(*d));

	if (d == NULL) {
		return -XEN_ENOMEM;
	}
	spinlock_init(&d->lock, LOCK_DOMAIN);
	d->id = config->id;
	d->serial = __atomic_add_fetch(&last_serial, 1, __ATOMIC_RELAXED);
	d->privileged = config->privileged;
	d->vcpu_count = config->vcpus;
	d->sched.weight = SCHED_WEIGHT_DEFAULT;
	watchdog_init(d);
	teardown_init(d);
	d->heap_pages_base = heap_limit(config);
	d->heap_pages_max = d->heap_pages_base;
	d->created_ns = clock_now();

	const int err = create_parts(d, config);

	if (err != 0) {
		domain_discard(d);
		return err;
	}
	pvclock_publish(d);
	*out = d;
	return 0;
}

void domain_discard(struct domain *d)
{
	for (unsigned int i = 0; d->vcpus != NULL && i < d->vcpu_count; i++) {
		if (d->vcpus[i] != NULL) {
			vcpu_destroy(d->vcpus[i]);
		}
	}
	if (d->grants != NULL) {
		grant_domain_destroy(d);
	}
	if (d->events != NULL) {
		event_domain_destroy(d);
	}
	timer_cancel(&d->watchdog);
	p2m_destroy(d);
	domain_free(d, d->memory_map, sizeof(*d->memory_map));
	domain_free_page(d, d->shared_info);
	domain_free(d, d->vcpus, d->vcpu_count * sizeof(*d->vcpus));
	heap_free(d, sizeof(*d));
}

int domain_publish(struct domain *d)
{
	struct domain *nobody = NULL;

	return __atomic_compare_exchange_n(&domains[d->id], &nobody, d, false,
					   __ATOMIC_RELEASE, __ATOMIC_RELAXED)
		       ? 0
		       : -XEN_EEXIST;
}

void domain_unpublish(struct domain *d)
{
	store_release(&domains[d->id], NULL);
}

static int pause_locked(struct domain *d)
{
	if (d->state == DOMAIN_DYING) {
		return -XEN_EINVAL;
	}
	if (d->pause_count == PAUSES_MAX) {
		return -XEN_EOVERFLOW;
	}
	d->pause_count++;
	for (unsigned int i = 0; d->pause_count == 1 && i < d->vcpu_count;
	     i++) {
		sched_pause(&d->vcpus[i]->unit);
	}
	return 0;
}

/* vCPUs that a tool has paused are parked when they go on: too late for who
 * waits for the end. Both changes are under the lock: the later one sees both. */
static void tell_if_over(struct domain *d)
{
	if (load_relaxed(&d->state) == DOMAIN_SHUTDOWN &&
	    load_relaxed(&d->pause_count) != 0 && domain_stopped_hook != NULL) {
		domain_stopped_hook(d);
	}
}

static int begin_pause(struct domain *d)
{
	spin_lock(&d->lock);
	const int err = pause_locked(d);
	spin_unlock(&d->lock);
	return err;
}

int domain_pause(struct domain *d)
{
	const int err = begin_pause(d);

	if (err == 0) {
		domain_wait_still(d);
		tell_if_over(d);
	}
	return err;
}

int domain_pause_self(struct domain *d)
{
	const int err = begin_pause(d);

	if (err == 0) {
		tell_if_over(d);
	}
	return err;
}

/* A vCPU that was given its registers while it stood still has nobody else to
 * wake it. */
static void let_run(struct vcpu *v)
{
	sched_unpause(&v->unit);
	if (load_relaxed(&v->wait) == WAIT_NOTHING) {
		sched_wake(&v->unit);
	}
}

static int unpause_locked(struct domain *d)
{
	if (d->state == DOMAIN_DYING || d->pause_count == 0) {
		return -XEN_EINVAL;
	}
	d->pause_count--;
	if (d->pause_count == 0 && d->state == DOMAIN_BUILDING) {
		d->state = DOMAIN_RUNNING;
	}
	for (unsigned int i = 0; d->pause_count == 0 && i < d->vcpu_count;
	     i++) {
		let_run(d->vcpus[i]);
	}
	return 0;
}

int domain_unpause(struct domain *d)
{
	spin_lock(&d->lock);
	const int err = unpause_locked(d);
	spin_unlock(&d->lock);
	return err;
}

static int pause_vcpu_locked(struct vcpu *v)
{
	if (v->domain->pause_count == 0) {
		return -XEN_EBUSY;
	}
	if (v->pause_count == PAUSES_MAX) {
		return -XEN_EOVERFLOW;
	}
	v->pause_count++;
	sched_pause(&v->unit);
	return 0;
}

int domain_pause_vcpu(struct vcpu *v)
{
	spin_lock(&v->domain->lock);
	const int err = pause_vcpu_locked(v);
	spin_unlock(&v->domain->lock);
	return err;
}

static int unpause_vcpu_locked(struct vcpu *v)
{
	if (v->domain->pause_count == 0) {
		return -XEN_EBUSY;
	}
	if (v->pause_count == 0) {
		return -XEN_EINVAL;
	}
	v->pause_count--;
	let_run(v);
	return 0;
}

int domain_unpause_vcpu(struct vcpu *v)
{
	spin_lock(&v->domain->lock);
	const int err = unpause_vcpu_locked(v);
	spin_unlock(&v->domain->lock);
	return err;
}

/* A pCPU that has one was told to leave it: it needs no lock for that, and in
 * guest mode or out of it waits for nobody. */
static bool is_leaving(const struct sched_unit *u)
{
	return sched_is_running(u) &&
	       (load_relaxed(&u->paused) != 0 || load_relaxed(&u->retired));
}

void domain_wait_still(struct domain *d)
{
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		while (is_leaving(&d->vcpus[i]->unit)) {
			cpu_pause();
		}
	}
}

/* False when it was stopped already. */
static bool begin_stop(struct domain *d, uint8_t reason)
{
	spin_lock(&d->lock);
	const bool first =
		d->state == DOMAIN_RUNNING || d->state == DOMAIN_BUILDING;

	if (first) {
		d->state = DOMAIN_SHUTDOWN;
		d->shutdown_reason = reason;
		d->stopped_count = 0;
	}
	spin_unlock(&d->lock);
	return first;
}

void domain_shutdown(struct domain *d, uint8_t reason)
{
	if (!begin_stop(d, reason)) {
		return;
	}
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		vcpu_kick(d->vcpus[i], WORK_STOP);
	}
	tell_if_over(d);
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	char text[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_error("domain %u crashed: %s\n", d->id, text);
	domain_shutdown(d, SHUTDOWN_crash);
}

void domain_vcpu_stopped(struct domain *d)
{
	const uint32_t stopped =
		__atomic_add_fetch(&d->stopped_count, 1, __ATOMIC_ACQ_REL);

	if (stopped == d->vcpu_count && domain_stopped_hook != NULL) {
		domain_stopped_hook(d);
	}
}

/* Its vCPUs stand still. */
static int resume_locked(struct domain *d)
{
	if (d->state != DOMAIN_SHUTDOWN ||
	    d->shutdown_reason != SHUTDOWN_suspend) {
		return -XEN_EINVAL;
	}
	d->state = DOMAIN_RUNNING;
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		struct vcpu *v = d->vcpus[i];

		if (v->wait == WAIT_STOPPED) {
			vcpu_set_wait(v, v->wait_before);
		}
		/* What came meanwhile was not looked at. */
		vcpu_kick(v, WORK_EVENT | WORK_LAPIC);
	}
	return 0;
}

int domain_resume(struct domain *d)
{
	int err = domain_pause(d);

	if (err != 0) {
		return err;
	}
	spin_lock(&d->lock);
	err = resume_locked(d);
	spin_unlock(&d->lock);

	const int end = domain_unpause(d);

	return err != 0 ? err : end;
}
