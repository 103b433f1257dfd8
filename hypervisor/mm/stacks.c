/* SPDX-License-Identifier: MIT */
/* Stacks in a region of their own, a guard page (never mapped) below each. */
#include "arch/x86/stacks.h"
#include "mm/heap.h"
#include "mm/layout.h"
#include "mm/paging.h"

#define STACK_STRIDE (8 * PAGE_SIZE) /* guard pages fill what is not stack */

static uint64_t stack_base(unsigned int cpu, unsigned int kind)
{
	return STACK_BASE +
	       ((uint64_t)cpu * STACK_KINDS + kind) * STACK_STRIDE +
	       STACK_STRIDE - STACK_PAGES * PAGE_SIZE;
}

uint64_t stack_top(unsigned int cpu, enum stack_kind kind)
{
	return stack_base(cpu, kind) + STACK_PAGES * PAGE_SIZE;
}

bool stack_find(uint64_t address, unsigned int *cpu, unsigned int *kind)
{
	if (address < STACK_BASE || address >= FRAMES_BASE) {
		return false;
	}

	const uint64_t slot = (address - STACK_BASE) / STACK_STRIDE;

	*cpu = (unsigned int)(slot / STACK_KINDS);
	*kind = (unsigned int)(slot % STACK_KINDS);
	return address >= stack_base(*cpu, *kind);
}

bool stacks_map(unsigned int cpu)
{
	for (unsigned int kind = 0; kind < STACK_KINDS; kind++) {
		for (unsigned int i = 0; i < STACK_PAGES; i++) {
			void *page = heap_alloc_pages(0);

			if (page == NULL ||
			    paging_map(stack_base(cpu, kind) + i * PAGE_SIZE,
				       virt_to_maddr(page), PAGE_SIZE,
				       MAP_RW) != 0) {
				return false;
			}
		}
	}
	return true;
}

void *stacks_alloc_zeroed(size_t size)
{
	return heap_alloc(size);
}
