/* SPDX-License-Identifier: MIT */
/*
 * Each pCPU has WINDOW_SLOTS page-sized windows. A frame's slot is its number
 * modulo the count, or one of the next few when that is pinned. Unpinned windows keep
 * their mapping until another frame wants the slot, which makes repeated access
 * cheap; window_flush() drops them all when the pCPU turns to another domain.
 */
#include "mm/window.h"

#include "abi/abi.h"
#include "arch/x86/hooks.h"
#include "arch/x86/percpu.h"
#include "arch/x86/regs.h"
#include "mm/heap.h"
#include "mm/layout.h"
#include "mm/paging.h"

static_assert(WINDOW_SLOTS <= 64, "a bit for each in window_cpu.mapped");

struct window_cpu {
	uint64_t mfn[WINDOW_SLOTS]; /* MFN_NONE.v: nothing mapped */
	uint8_t pins[WINDOW_SLOTS];
	uint64_t mapped;   /* slots, a bit for each */
	uint64_t *entries; /* the last-level table of this pCPU's windows */
	uint64_t base;     /* address of slot 0 */
};

int window_cpu_init(struct pcpu *p)
{
	struct window_cpu *w = heap_alloc(sizeof(*w));

	if (w == NULL) {
		return -XEN_ENOMEM;
	}
	w->base = WINDOW_BASE + (uint64_t)p->id * WINDOW_SLOTS * PAGE_SIZE;
	if (paging_prepare(w->base, WINDOW_SLOTS * PAGE_SIZE) != 0) {
		return -XEN_ENOMEM;
	}
	/* WINDOW_SLOTS divides 512: one pCPU's entries are in one table. */
	w->entries = paging_entry(w->base);
	for (unsigned int i = 0; i < WINDOW_SLOTS; i++) {
		w->mfn[i] = MFN_NONE.v;
	}
	p->windows = w;
	return 0;
}

static void *slot_address(const struct window_cpu *w, unsigned int slot)
{
	return (void *)(uintptr_t)(w->base + slot * PAGE_SIZE);
}

static void *window_fill(struct window_cpu *w, mfn_t f)
{
	unsigned int slot = f.v % WINDOW_SLOTS;

	for (unsigned int tries = 0; tries < WINDOW_SLOTS; tries++) {
		if (w->pins[slot] == 0 || w->mfn[slot] == f.v) {
			break;
		}
		slot = (slot + 1) % WINDOW_SLOTS;
	}
	if (w->mfn[slot] != f.v) {
		assert(w->pins[slot] == 0);
		w->entries[slot] = maddr_of(f).v | MAP_RW;
		tlb_flush_page((uintptr_t)slot_address(w, slot));
		w->mfn[slot] = f.v;
		w->mapped |= BIT(slot);
		this_pcpu()->window_changes++;
	}
	w->pins[slot]++;
	return slot_address(w, slot);
}

void *window_map(mfn_t f)
{
	struct window_cpu *w = this_pcpu()->windows;
	const unsigned int slot = f.v % WINDOW_SLOTS;

	if (likely(w->mfn[slot] == f.v)) {
		w->pins[slot]++;
		return slot_address(w, slot);
	}
	return window_fill(w, f);
}

void window_unmap(const void *p)
{
	struct window_cpu *w = this_pcpu()->windows;
	const uint64_t offset = (uintptr_t)p - w->base;

	w->pins[(offset / PAGE_SIZE) % WINDOW_SLOTS]--;
}

void window_unmap_if_window(const void *p)
{
	const uint64_t at = (uintptr_t)p;

	if (at >= WINDOW_BASE && at < DEVICE_BASE) {
		window_unmap(p);
	}
}

void window_flush(void)
{
	struct window_cpu *w = this_pcpu()->windows;

	this_pcpu()->window_changes++;
	for (; w->mapped != 0; w->mapped &= w->mapped - 1) {
		const unsigned int slot =
			(unsigned int)__builtin_ctzll(w->mapped);

		assert(w->pins[slot] == 0);
		w->mfn[slot] = MFN_NONE.v;
		w->entries[slot] = 0;
		tlb_flush_page((uintptr_t)slot_address(w, slot));
	}
}
