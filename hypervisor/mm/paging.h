/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own page tables. They map the image, the heap, stacks,
 * device registers and windows; never guests' memory as a whole.
 *
 * Mappings are only added after boot (windows apart, which are per pCPU), so no
 * cross-CPU flush of the hypervisor's own translations is ever needed.
 */
#pragma once

#include "lib/addr.h"

#define PTE_PRESENT  BIT(0)
#define PTE_WRITE    BIT(1)
#define PTE_PWT      BIT(3)
#define PTE_PCD      BIT(4)
#define PTE_ACCESSED BIT(5)
#define PTE_DIRTY    BIT(6)
#define PTE_LARGE    BIT(7)
#define PTE_PAT      BIT(7) /* in 4 KiB entries: the upper half of the PAT */
#define PTE_GLOBAL   BIT(8)
#define PTE_NX       BIT(63)
#define PTE_ADDR     UINT64_C(0x000ffffffffff000)

/* Accessed and dirty are preset: the CPU need not write the tables. */
#define MAP_RX     (PTE_PRESENT | PTE_ACCESSED | PTE_GLOBAL)
#define MAP_RO     (MAP_RX | PTE_NX)
#define MAP_RW     (MAP_RO | PTE_WRITE | PTE_DIRTY)
#define MAP_DEVICE (MAP_RW | PTE_PCD | PTE_PWT)
/* PAT entry 6 (arch/x86/cpu.c). 4 KiB pages only. */
#define MAP_WRITE_COMBINING (MAP_RW | PTE_PCD | PTE_PAT)

/*
 * During boot tables are reached by their machine address, later through the
 * heap; `take` gives zeroed table pages. Called once before paging_map().
 */
void paging_boot_init(maddr_t (*take)(void), void *(*reach)(maddr_t a));
/* From now on tables come from the heap. */
void paging_use_heap(void);
maddr_t paging_root(void);

/* Maps [va, va + len) to `pa`, all page aligned, with 2 MiB pages where both
 * are aligned to it. 0 or -XEN_ENOMEM. Boot, or single-threaded by a lock. */
int paging_map(uint64_t va, maddr_t pa, uint64_t len,
	       uint64_t flags) must_check;
/* Clears 4 KiB entries and flushes them on this pCPU. */
void paging_unmap(uint64_t va, uint64_t len);
/* The last-level entry of a mapped 4 KiB page; its table must exist. */
uint64_t *paging_entry(uint64_t va);
/* Makes the tables down to the last level exist for [va, va + len). */
int paging_prepare(uint64_t va, uint64_t len) must_check;

typedef void (*paging_visit_t)(uint64_t va, maddr_t pa, uint64_t bytes);

/* Calls visit() for each present leaf. */
void paging_walk(paging_visit_t visit);
