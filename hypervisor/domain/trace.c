/* SPDX-License-Identifier: MIT */
/*
 * The rings come and go as one object, which pCPUs look up without a lock: it is
 * freed after a quiescent point, and while nobody has a page of it mapped.
 */
#include "domain/trace.h"

#include "arch/x86/percpu.h"
#include "core/quiesce.h"
#include "domain/event.h"
#include "domain/physmap.h"

#define SUBCLASSES 0xf000u /* of a mask or an event; the classes are above */

/* The description has the mfns of all pages, of 4 MiB at most, in 32 bits each. */
#define INFO_HEAD_WORDS (1 + MAX_CPUS / 2)
#define INFO_PAGES      2u

static_assert((INFO_HEAD_WORDS + BIT(HEAP_MAX_ORDER)) * sizeof(uint32_t) <=
		      INFO_PAGES * PAGE_SIZE,
	      "the description has room");

struct trace_rings {
	struct quiesce_item item;
	unsigned int order; /* of the block: description, then the rings */

	union {
		struct t_info *info;
		char *block;
	};

	struct trace_ring ring[]; /* by pCPU */
};

static struct {
	struct spinlock lock;      /* LOCK_TRACE */
	struct trace_rings *rings; /* (l) read by all */
	uint32_t events;           /* (l) */
	struct cpuset cpus;        /* read by all */
} trace = {
	.lock = SPINLOCK_INIT(LOCK_TRACE),
	.events = TRC_ALL,
	.cpus.word = { [0 ... MAX_CPUS / 64 - 1] = UINT64_MAX },
};

uint32_t trace_mask;

/* ---- recording ---- */

/* A bit of the class, and one of its parts (ABI: trace.h). */
static bool is_wanted(uint32_t event)
{
	const uint32_t both = load_relaxed(&trace_mask) & event;

	return (both & SUBCLASSES) != 0 && both >> TRC_CLS_SHIFT != 0 &&
	       cpuset_has(&trace.cpus, this_cpu());
}

static uint32_t who(void)
{
	const struct vcpu *v = this_pcpu()->current;

	return v != NULL ? v->domain->id | v->id << 16 : DOMID_IDLE;
}

/* From here on a tool knows who runs. */
static void begin(struct trace_ring *r, uint64_t tsc)
{
	const struct vcpu *v = this_pcpu()->current;

	store_relaxed(&r->fresh, false);
	if (v != NULL) {
		const uint32_t word = v->id | (uint32_t)v->domain->id << 16;
		const struct trace_event e = { TRC_SCHED_CONTINUE_RUNNING, 1,
					       &word };

		trace_ring_put(r, &e, tsc, who());
	}
}

static void record(const struct trace_event *e)
{
	struct trace_rings *rings = load_acquire(&trace.rings);
	const uint64_t tsc = rdtsc();

	if (rings == NULL) {
		return;
	}

	struct trace_ring *r = &rings->ring[this_cpu()];

	if (load_relaxed(&r->fresh)) {
		begin(r, tsc);
	}
	trace_ring_put(r, e, tsc, who());
}

void trace_record(uint32_t event, const uint32_t *words, uint32_t count)
{
	const struct trace_event e = { event, count, words };
	/* Before guest mode, or an interrupt that ended idle: nobody waits for
	 * this pCPU. */
	const bool rested = this_pcpu()->resting != 0;

	if (!is_wanted(event)) {
		return;
	}
	if (rested) {
		quiesce_rest_end();
	}
	record(&e);
	if (rested) {
		quiesce_rest_begin();
	}
}

void trace_tell(void)
{
	struct trace_rings *rings = load_acquire(&trace.rings);

	if (rings != NULL && rings->ring[this_cpu()].full) {
		rings->ring[this_cpu()].full = false;
		event_virq_service(VIRQ_TBUF);
	}
}

/* ---- the rings' life ---- */

static void rings_free(struct quiesce_item *item)
{
	struct trace_rings *t = container_of(item, struct trace_rings, item);

	heap_free_pages(t->block, t->order);
	heap_free(t, sizeof(*t) + pcpu_count * sizeof(t->ring[0]));
}

static void describe(struct trace_rings *t, unsigned int cpu, char *buf,
		     uint32_t pages)
{
	const uint32_t at = INFO_HEAD_WORDS + cpu * pages;
	const mfn_t first = mfn_of(virt_to_maddr(buf));

	t->info->mfn_offset[cpu] = (uint16_t)at;
	for (uint32_t i = 0; i < pages; i++) {
		((uint32_t *)t->info)[at + i] = (uint32_t)(first.v + i);
	}
	trace_ring_init(&t->ring[cpu], buf, pages);
}

static struct trace_rings *rings_create(uint32_t pages)
{
	struct trace_rings *t =
		heap_alloc(sizeof(*t) + pcpu_count * sizeof(t->ring[0]));

	if (t == NULL) {
		return NULL;
	}
	pages = (uint32_t)min_u64(pages, (BIT(HEAP_MAX_ORDER) - INFO_PAGES) /
						 pcpu_count);
	while (BIT(t->order) < INFO_PAGES + pages * pcpu_count) {
		t->order++;
	}
	pages = (uint32_t)(BIT(t->order) - INFO_PAGES) / pcpu_count;
	/* Guests need the heap more. */
	if (PAGE_SIZE << t->order <= heap_free_bytes() / 2) {
		t->block = heap_alloc_pages(t->order);
	}
	if (t->block == NULL) {
		heap_free(t, sizeof(*t) + pcpu_count * sizeof(t->ring[0]));
		return NULL;
	}
	t->info->tbuf_size = (uint16_t)pages;
	for (unsigned int cpu = 0; cpu < pcpu_count; cpu++) {
		describe(t, cpu,
			 t->block + (INFO_PAGES + cpu * pages) * PAGE_SIZE,
			 pages);
	}
	return t;
}

static bool are_mapped(const struct trace_rings *t)
{
	for (uint64_t i = 0; i < BIT(t->order); i++) {
		if (physmap_page_is_mapped(t->block + i * PAGE_SIZE)) {
			return true;
		}
	}
	return false;
}

static bool is_ours(const struct trace_rings *t, mfn_t m)
{
	return t != NULL &&
	       m.v - mfn_of(virt_to_maddr(t->block)).v < BIT(t->order);
}

int trace_map(struct domain *d, gfn_t g, mfn_t m)
{
	int err = -XEN_EINVAL;

	if (!d->privileged) {
		return -XEN_EPERM;
	}
	spin_lock(&trace.lock);
	if (is_ours(trace.rings, m)) {
		err = physmap_add_page(d, g, maddr_to_virt(maddr_of(m)));
	}
	spin_unlock(&trace.lock);
	return err;
}

/* ---- what a tool asks for ---- */

/* Lock held. */
static int replace_locked(struct trace_rings *new)
{
	struct trace_rings *old = trace.rings;

	if (old != NULL && are_mapped(old)) {
		return -XEN_EBUSY;
	}
	store_relaxed(&trace_mask, 0);
	store_release(&trace.rings, new);
	if (old != NULL) {
		quiesce_defer(&old->item, rings_free);
	}
	return 0;
}

int trace_set_size(uint32_t pages)
{
	struct trace_rings *new = NULL;
	int err;

	if (pages != 0) {
		new = rings_create(pages);
		if (new == NULL) {
			return -XEN_ENOMEM;
		}
	}
	spin_lock(&trace.lock);
	err = replace_locked(new);
	spin_unlock(&trace.lock);
	if (err != 0 && new != NULL) {
		rings_free(&new->item);
	}
	return err;
}

static int enable_locked(void)
{
	if (trace.rings == NULL) {
		return -XEN_EINVAL;
	}
	for (unsigned int cpu = 0; cpu < pcpu_count; cpu++) {
		store_relaxed(&trace.rings->ring[cpu].fresh, true);
	}
	store_release(&trace_mask, trace.events);
	return 0;
}

int trace_enable(bool on)
{
	int err = 0;

	spin_lock(&trace.lock);
	if (on) {
		err = enable_locked();
	} else {
		store_relaxed(&trace_mask, 0);
	}
	spin_unlock(&trace.lock);
	return err;
}

void trace_set_events(uint32_t mask)
{
	spin_lock(&trace.lock);
	trace.events = mask;
	if (trace_is_on()) {
		store_relaxed(&trace_mask, mask);
	}
	spin_unlock(&trace.lock);
}

void trace_set_cpus(const struct cpuset *cpus)
{
	spin_lock(&trace.lock);
	trace.cpus = *cpus;
	spin_unlock(&trace.lock);
}

void trace_get_info(struct xen_sysctl_tbuf_op *op)
{
	spin_lock(&trace.lock);
	op->evt_mask = trace.events;
	op->buffer_mfn = 0;
	op->size = 0;
	if (trace.rings != NULL) {
		op->buffer_mfn = mfn_of(virt_to_maddr(trace.rings->info)).v;
		op->size = INFO_PAGES * (uint32_t)PAGE_SIZE;
	}
	spin_unlock(&trace.lock);
}
