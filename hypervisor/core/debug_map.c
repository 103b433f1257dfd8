/* SPDX-License-Identifier: MIT */
/*
 * Debug key 'w': the proof that there is nothing to steal. It walks the page
 * tables that this pCPU runs on and asks the frame table whose each mapped
 * frame is. Guests' memory, and memory that was or will be guests', may be
 * mapped in windows only (docs/memory.md).
 */
#include "arch/x86/percpu.h"
#include "arch/x86/regs.h"
#include "core/debugkeys.h"
#include "mm/frames.h"
#include "mm/layout.h"
#include "mm/paging.h"

enum map_kind {
	MAP_KIND_IMAGE,
	MAP_KIND_HEAP,
	MAP_KIND_STACKS,
	MAP_KIND_DEVICES,
	MAP_KIND_FIRMWARE,
	MAP_KIND_WINDOWS,
	MAP_KIND_OTHER,
	MAP_KINDS,
};

static const char *const kind_names[MAP_KINDS] = {
	[MAP_KIND_IMAGE] = "image",       [MAP_KIND_HEAP] = "heap",
	[MAP_KIND_STACKS] = "stacks",     [MAP_KIND_DEVICES] = "devices",
	[MAP_KIND_FIRMWARE] = "firmware", [MAP_KIND_WINDOWS] = "windows",
	[MAP_KIND_OTHER] = "other",
};

struct tally {
	uint64_t pages[MAP_KINDS];
	uint64_t guest_in_windows;
	uint64_t guest_elsewhere;
	uint64_t first_va; /* of the first such page */
	uint64_t first_pa;
};

static enum map_kind kind_of(uint64_t va)
{
	if (va >= IMAGE_VBASE) {
		return MAP_KIND_IMAGE;
	}
	if (va >= HEAP_BASE) {
		return MAP_KIND_HEAP;
	}
	if (va >= STACK_BASE) {
		return MAP_KIND_STACKS;
	}
	if (va >= FIRMWARE_BASE) {
		return MAP_KIND_FIRMWARE;
	}
	if (va >= DEVICE_BASE) {
		return MAP_KIND_DEVICES;
	}
	return va >= WINDOW_BASE ? MAP_KIND_WINDOWS : MAP_KIND_OTHER;
}

/* Whether guests' bytes are in there, or were, or will be. */
static bool is_guests(maddr_t a)
{
	const struct frame *f = frame_get(mfn_of(a));

	return f != NULL && f->state != FRAME_HYPERVISOR;
}

static void count_page(struct tally *t, uint64_t va, maddr_t pa)
{
	const enum map_kind kind = kind_of(va);

	t->pages[kind]++;
	if (!is_guests(pa)) {
		return;
	}
	if (kind == MAP_KIND_WINDOWS) {
		t->guest_in_windows++;
		return;
	}
	if (t->guest_elsewhere == 0) {
		t->first_va = va;
		t->first_pa = pa.v;
	}
	t->guest_elsewhere++;
}

static void count_leaf(uint64_t va, maddr_t pa, uint64_t bytes, void *ctx)
{
	for (uint64_t at = 0; at < bytes; at += PAGE_SIZE) {
		count_page(ctx, va + at, maddr(pa.v + at));
	}
}

static void prove_windows(void)
{
	struct tally t = { .pages = { 0 } };

	paging_walk(count_leaf, &t);
	debug_line("mapped 4 KiB pages, by region:");
	for (unsigned int kind = 0; kind < MAP_KINDS; kind++) {
		debug_line("  %-8s %8llu", kind_names[kind],
			   (unsigned long long)t.pages[kind]);
	}
	debug_line("guests' pages in windows: %llu of at most %llu",
		   (unsigned long long)t.guest_in_windows,
		   (unsigned long long)pcpu_count * WINDOW_SLOTS);
	debug_line("guests' pages mapped elsewhere: %llu",
		   (unsigned long long)t.guest_elsewhere);
	if (t.guest_elsewhere != 0) {
		debug_line("  the first at %llx, machine address %llx",
			   (unsigned long long)t.first_va,
			   (unsigned long long)t.first_pa);
	}
	debug_line("these tables are at %llx, this pCPU runs on %llx",
		   (unsigned long long)paging_root().v,
		   (unsigned long long)(read_cr3() & PTE_ADDR));
}

void debug_map_init(void)
{
	debug_key_add('w',
		      "what the hypervisor maps: its own, windows, guests'",
		      prove_windows);
}
