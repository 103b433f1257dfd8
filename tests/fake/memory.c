/* SPDX-License-Identifier: MIT */
/* RAM, its frame table, windows into it, and p2ms as plain tables. */
#include "memory.h"
#include "arch/x86/hooks.h"
#include "domain/p2m.h"
#include "fake.h"
#include "mm/frames.h"
#include "mm/window.h"

#include <stdlib.h>
#include <string.h>

struct p2m_entry {
	mfn_t mfn;
	enum p2m_type type;
};

struct p2m {
	bool freed; /* in part */
	struct p2m_entry entry[FAKE_GFNS];
};

static uint8_t ram[FAKE_FRAMES][4096] __attribute__((aligned(4096)));
static struct frame table[FAKE_FRAMES];
static int windows[FAKE_FRAMES];

/* Pages of the hypervisor's heap that somebody asked about. */
#define HEAP_FRAMES 1024
/* The host's addresses, in frames, are above all of RAM. */
#define FIRST_HEAP_MFN (UINT64_C(1) << 24)

static struct {
	uint64_t mfn;
	struct frame frame;
} heap_frames[HEAP_FRAMES];

static _Thread_local unsigned int window_count;
static int p2m_fail_after = -1;
static unsigned int flushes;

void fake_memory_reset(void)
{
	memset(windows, 0, sizeof(windows));
	memset(table, 0, sizeof(table));
	memset(heap_frames, 0, sizeof(heap_frames));
	for (unsigned int i = 0; i < FAKE_FRAMES; i++) {
		table[i].state = FRAME_FREE;
	}
	window_count = 0;
	p2m_fail_after = -1;
	flushes = 0;
}

static unsigned int index_of(mfn_t m)
{
	if (m.v < FAKE_FIRST_MFN || m.v - FAKE_FIRST_MFN >= FAKE_FRAMES) {
		panic("mfn %llx is not RAM\n", (unsigned long long)m.v);
	}
	return (unsigned int)(m.v - FAKE_FIRST_MFN);
}

void *fake_frame(mfn_t m)
{
	return ram[index_of(m)];
}

unsigned int fake_frame_refs(mfn_t m)
{
	const struct frame *f = &table[index_of(m)];

	return f->state == FRAME_OWNED ? f->refs : 0;
}

static struct frame *heap_frame(mfn_t m)
{
	for (unsigned int i = 0; i < HEAP_FRAMES; i++) {
		if (heap_frames[i].mfn == 0) {
			heap_frames[i].mfn = m.v;
			heap_frames[i].frame.state = FRAME_HYPERVISOR;
		}
		if (heap_frames[i].mfn == m.v) {
			return &heap_frames[i].frame;
		}
	}
	panic("too many heap pages\n");
}

struct frame *frame_get(mfn_t m)
{
	if (m.v >= FIRST_HEAP_MFN && !mfn_is_none(m)) {
		return heap_frame(m);
	}
	if (m.v < FAKE_FIRST_MFN || m.v - FAKE_FIRST_MFN >= FAKE_FRAMES) {
		return NULL;
	}
	return &table[m.v - FAKE_FIRST_MFN];
}

bool frame_is_owned(mfn_t m, uint16_t domid)
{
	const struct frame *f = frame_get(m);

	return f != NULL && f->state == FRAME_OWNED && f->owner == domid;
}

static bool block_is_free(unsigned int first, unsigned int count)
{
	for (unsigned int i = first; i < first + count; i++) {
		if (table[i].state != FRAME_FREE) {
			return false;
		}
	}
	return true;
}

mfn_t frames_alloc(uint16_t domid, unsigned int order)
{
	const unsigned int count = 1u << order;

	for (unsigned int i = 0; i + count <= FAKE_FRAMES; i += count) {
		if (!block_is_free(i, count)) {
			continue;
		}
		for (unsigned int f = i; f < i + count; f++) {
			table[f] = (struct frame){ .refs = 1,
						   .gfn = UINT32_MAX,
						   .owner = domid,
						   .state = FRAME_OWNED };
			memset(ram[f], 0, sizeof(ram[f]));
		}
		return mfn(FAKE_FIRST_MFN + i);
	}
	return MFN_NONE;
}

bool frames_scrub_some(void)
{
	return false;
}

int frame_ref(mfn_t m, uint16_t domid)
{
	if (!frame_is_owned(m, domid)) {
		return -XEN_EINVAL;
	}
	table[index_of(m)].refs++;
	return 0;
}

void frame_unref(mfn_t m)
{
	struct frame *f = &table[index_of(m)];

	if (f->state != FRAME_OWNED || f->refs == 0) {
		panic("frame %llx has no reference to drop\n",
		      (unsigned long long)m.v);
	}
	if (--f->refs == 0) {
		f->state = FRAME_FREE;
	}
}

uint64_t frames_free_count(void)
{
	uint64_t count = 0;

	for (unsigned int i = 0; i < FAKE_FRAMES; i++) {
		count += table[i].state == FRAME_FREE;
	}
	return count;
}

uint64_t frames_owned_count(uint16_t domid)
{
	uint64_t count = 0;

	for (unsigned int i = 0; i < FAKE_FRAMES; i++) {
		count += table[i].state == FRAME_OWNED &&
			 table[i].owner == domid;
	}
	return count;
}

uint64_t frames_end(void)
{
	return FAKE_FIRST_MFN + FAKE_FRAMES;
}

uint64_t frames_total_count(void)
{
	return FAKE_FRAMES;
}

void *window_map(mfn_t m)
{
	/* Each test thread is a CPU. */
	if (++window_count > WINDOW_PINS) {
		panic("too many windows\n");
	}
	__atomic_fetch_add(&windows[index_of(m)], 1, __ATOMIC_RELAXED);
	return ram[index_of(m)];
}

void window_unmap(const void *p)
{
	const size_t offset = (uintptr_t)p - (uintptr_t)ram;

	if (offset >= sizeof(ram) ||
	    __atomic_fetch_sub(&windows[offset / PAGE_SIZE], 1,
			       __ATOMIC_RELAXED) <= 0) {
		panic("%p is no window\n", p);
	}
	window_count--;
}

void window_unmap_if_window(const void *p)
{
	if ((uintptr_t)p - (uintptr_t)ram < sizeof(ram)) {
		window_unmap(p);
	}
}

unsigned int fake_windows(void)
{
	return window_count;
}

int p2m_init(struct domain *d)
{
	d->p2m = calloc(1, sizeof(*d->p2m));
	for (unsigned int i = 0; i < FAKE_GFNS; i++) {
		d->p2m->entry[i].mfn = MFN_NONE;
	}
	return 0;
}

/* Frees the domain's own RAM with the table. */
void p2m_destroy(struct domain *d)
{
	for (unsigned int i = 0; d->p2m != NULL && i < FAKE_GFNS; i++) {
		const struct p2m_entry *e = &d->p2m->entry[i];

		if (e->type == P2M_RAM_RW || e->type == P2M_RAM_RO) {
			frame_unref(e->mfn);
		}
	}
	free(d->p2m);
	d->p2m = NULL;
}

mfn_t p2m_lookup(struct domain *d, gfn_t g, enum p2m_type *type)
{
	static const struct p2m_entry nothing = { .mfn = { ~UINT64_C(0) } };
	const struct p2m_entry *e =
		g.v < FAKE_GFNS ? &d->p2m->entry[g.v] : &nothing;

	if (type != NULL) {
		*type = e->type;
	}
	return e->mfn;
}

bool p2m_is_empty(struct domain *d, gfn_t g, unsigned int order)
{
	for (uint64_t i = 0; i < BIT(order); i++) {
		if (!mfn_is_none(p2m_lookup(d, gfn_add(g, i), NULL))) {
			return false;
		}
	}
	return true;
}

void fake_p2m_fail_after(int n)
{
	p2m_fail_after = n;
}

unsigned int fake_p2m_flushes(void)
{
	return flushes;
}

static bool map_must_fail(void)
{
	if (p2m_fail_after > 0) {
		p2m_fail_after--;
		return false;
	}
	return p2m_fail_after == 0;
}

/* One by one: large pages are not seen as such. */
static bool range_ok_for(gfn_t g, unsigned int order)
{
	return order <= P2M_ORDER_1G && (g.v & (BIT(order) - 1)) == 0 &&
	       range_ok(g.v, BIT(order), FAKE_GFNS);
}

int p2m_map(struct domain *d, gfn_t g, mfn_t m, unsigned int order,
	    enum p2m_type type)
{
	if (!range_ok_for(g, order)) {
		return -XEN_EINVAL;
	}
	if (map_must_fail()) {
		return -XEN_ENOMEM;
	}
	for (unsigned int i = 0; i < 1u << order; i++) {
		struct p2m_entry *e = &d->p2m->entry[g.v + i];

		flushes += e->type != P2M_NONE;
		*e = (struct p2m_entry){ .mfn = mfn_add(m, i), .type = type };
	}
	return 0;
}

int p2m_unmap(struct domain *d, gfn_t g, unsigned int order)
{
	if (!range_ok_for(g, order)) {
		return -XEN_EINVAL;
	}
	if (map_must_fail()) {
		return -XEN_ENOMEM;
	}
	flushes++;
	for (unsigned int i = 0; i < 1u << order; i++) {
		d->p2m->entry[g.v + i] = (struct p2m_entry){ .mfn = MFN_NONE };
	}
	return 0;
}

bool p2m_take_some(struct domain *d, uint64_t *next, unsigned int budget,
		   void (*drop)(struct domain *d, mfn_t first, uint64_t count,
				enum p2m_type type))
{
	for (; *next < FAKE_GFNS && budget > 0; budget--) {
		struct p2m_entry *e = &d->p2m->entry[(*next)++];
		const struct p2m_entry old = *e;

		*e = (struct p2m_entry){ .mfn = MFN_NONE };
		if (old.type != P2M_NONE) {
			drop(d, old.mfn, 1, old.type);
		}
	}
	return *next >= FAKE_GFNS;
}

/* There are no tables; in two pieces all the same. */
bool p2m_free_some(struct domain *d, unsigned int budget)
{
	const bool again = d->p2m->freed;

	(void)budget;
	d->p2m->freed = true;
	return again;
}

/* A test of vcpu.c has the real one. */
__attribute__((weak)) void p2m_flush(struct domain *d)
{
	(void)d;
	flushes++;
}
