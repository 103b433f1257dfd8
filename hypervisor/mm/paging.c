/* SPDX-License-Identifier: MIT */
/* Four-level tables (AMD APM 2, 5.3). */
#include "mm/paging.h"

#include "abi/abi.h"
#include "arch/x86/regs.h"
#include "mm/heap.h"

#define LEVEL_4K  1
#define LEVEL_2M  2
#define LEVEL_TOP 4

static maddr_t root;
static maddr_t (*take_table)(void);
static void *(*reach_table)(maddr_t a);

static unsigned int index_of(uint64_t va, int level)
{
	return (va >> (PAGE_SHIFT + 9 * (level - 1))) & 511;
}

static uint64_t level_size(int level)
{
	return PAGE_SIZE << (9 * (level - 1));
}

static maddr_t take_from_heap(void)
{
	void *page = heap_alloc_pages(0);

	return page != NULL ? virt_to_maddr(page) : maddr(0);
}

void paging_boot_init(maddr_t (*take)(void), void *(*reach)(maddr_t a))
{
	take_table = take;
	reach_table = reach;
	root = take();
}

void paging_use_heap(void)
{
	take_table = take_from_heap;
	reach_table = maddr_to_virt;
}

maddr_t paging_root(void)
{
	return root;
}

/* The entry for `va` at `level`, making tables on the way. NULL: no memory,
 * or a larger page is in the way. */
static uint64_t *entry_at(uint64_t va, int level, bool make)
{
	uint64_t *table = reach_table(root);

	for (int l = LEVEL_TOP; l > level; l--) {
		uint64_t *e = &table[index_of(va, l)];

		if ((*e & PTE_PRESENT) == 0) {
			const maddr_t t = make ? take_table() : maddr(0);

			if (t.v == 0) {
				return NULL;
			}
			*e = t.v | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
		} else if ((*e & PTE_LARGE) != 0) {
			return NULL;
		}
		table = reach_table(maddr(*e & PTE_ADDR));
	}
	return &table[index_of(va, level)];
}

int paging_map(uint64_t va, maddr_t pa, uint64_t len, uint64_t flags)
{
	const uint64_t large = level_size(LEVEL_2M);

	while (len > 0) {
		const bool is_large =
			((va | pa.v) & (large - 1)) == 0 && len >= large;
		const int level = is_large ? LEVEL_2M : LEVEL_4K;
		uint64_t *e = entry_at(va, level, true);

		if (e == NULL) {
			return -XEN_ENOMEM;
		}
		*e = pa.v | flags | (is_large ? PTE_LARGE : 0);
		va += level_size(level);
		pa.v += level_size(level);
		len -= level_size(level);
	}
	return 0;
}

void paging_unmap(uint64_t va, uint64_t len)
{
	for (uint64_t end = va + len; va < end; va += PAGE_SIZE) {
		*paging_entry(va) = 0;
		tlb_flush_page(va);
	}
}

uint64_t *paging_entry(uint64_t va)
{
	return entry_at(va, LEVEL_4K, false);
}

int paging_prepare(uint64_t va, uint64_t len)
{
	for (uint64_t end = va + len; va < end; va += PAGE_SIZE) {
		if (entry_at(va, LEVEL_4K, true) == NULL) {
			return -XEN_ENOMEM;
		}
	}
	return 0;
}

static void walk_table(maddr_t table_addr, int level, uint64_t va,
		       paging_visit_t visit)
{
	const uint64_t *table = reach_table(table_addr);

	for (unsigned int i = 0; i < 512; i++) {
		const maddr_t below = maddr(table[i] & PTE_ADDR);
		uint64_t at = va + i * level_size(level);

		if (level == LEVEL_TOP && i >= 256) {
			at |= UINT64_C(0xffff000000000000); /* canonical */
		}
		if ((table[i] & PTE_PRESENT) == 0) {
			continue;
		}
		if (level > LEVEL_4K && (table[i] & PTE_LARGE) == 0) {
			walk_table(below, level - 1, at, visit);
		} else {
			visit(at, below, level_size(level));
		}
	}
}

void paging_walk(paging_visit_t visit)
{
	walk_table(root, LEVEL_TOP, 0, visit);
}
