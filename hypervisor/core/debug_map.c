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
#include "lib/string.h"
#include "mm/frames.h"
#include "mm/layout.h"
#include "mm/paging.h"

/* By address, from above. */
static const struct {
	uint64_t base;
	const char *name;
} regions[] = {
	{ IMAGE_VBASE, "image" },      { HEAP_BASE, "heap" },
	{ FRAMES_BASE, "frames" },     { STACK_BASE, "stacks" },
	{ FIRMWARE_BASE, "firmware" }, { DEVICE_BASE, "devices" },
	{ WINDOW_BASE, "windows" },    { 0, "other" },
};

static struct {
	uint64_t pages[ARRAY_SIZE(regions)];
	uint64_t guest_in_windows;
	uint64_t guest_elsewhere;
	uint64_t last_va; /* of those elsewhere */
	uint64_t last_pa;
} tally;

/* Whether guests' bytes are in there, or were, or will be. */
static bool is_guests(maddr_t a)
{
	const struct frame *f = frame_get(mfn_of(a));

	return f != NULL && f->state != FRAME_HYPERVISOR;
}

static void count_page(uint64_t va, maddr_t pa)
{
	unsigned int i = 0;

	while (va < regions[i].base) {
		i++;
	}
	tally.pages[i]++;
	if (!is_guests(pa)) {
		return;
	}
	if (regions[i].base == WINDOW_BASE) {
		tally.guest_in_windows++;
		return;
	}
	tally.guest_elsewhere++;
	tally.last_va = va;
	tally.last_pa = pa.v;
}

static void count_leaf(uint64_t va, maddr_t pa, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes; at += PAGE_SIZE) {
		count_page(va + at, maddr(pa.v + at));
	}
}

/* Run loop of one pCPU at a time: the keys' answers are not mixed. */
void debug_map_show(void)
{
	memset(&tally, 0, sizeof(tally));
	paging_walk(count_leaf);
	debug_line("mapped 4 KiB pages, by region:");
	for (unsigned int i = 0; i < ARRAY_SIZE(regions); i++) {
		debug_line("  %-8s %8lu", regions[i].name, tally.pages[i]);
	}
	debug_line("guests' pages in windows: %lu of at most %lu",
		   tally.guest_in_windows, (uint64_t)pcpu_count * WINDOW_SLOTS);
	debug_line("guests' pages mapped elsewhere: %lu",
		   tally.guest_elsewhere);
	if (tally.guest_elsewhere != 0) {
		debug_line("  the last at %lx, machine address %lx",
			   tally.last_va, tally.last_pa);
	}
	debug_line("these tables are at %lx, this pCPU runs on %lx",
		   paging_root().v, read_cr3() & PTE_ADDR);
}
