/* SPDX-License-Identifier: MIT */
/*
 * Pages of the guest's own image, its page tables (one to one below 4 GiB),
 * and guest frames that are empty.
 */
#pragma once

#include "lib/abi.h"
#include "lib/cpu.h"

#define PTE_PRESENT  BIT(0)
#define PTE_WRITE    BIT(1)
#define PTE_USER     BIT(2)
#define PTE_UNCACHED BIT(4)
#define PTE_NX       BIT(63)
#define PTE_RWX      (PTE_PRESENT | PTE_WRITE)

/* Linear addresses that no access can use. */
#define NOWHERE       ((void *)0xffff900000000000)
#define NOT_CANONICAL ((void *)0x7000000000000000)

/* Zeroed pages, next to each other; never freed, ends the run when out. */
void *page_alloc(unsigned count);

static inline uint64_t page_gfn(const void *page)
{
	return (uintptr_t)page / PAGE_SIZE;
}

/* Maps one page at linear address `va`, splitting what is in the way. */
void page_map(uint64_t va, uint64_t gaddr, uint64_t flags);
void page_unmap(uint64_t va);

/* Hands out linear addresses that are in nobody's way, below 2 GiB. */
uint64_t page_address(unsigned count);

/*
 * The first of `count` frames, mapped one to one, that hold no RAM and no
 * device: above everything in the memory map. Each call gives new ones.
 */
uint64_t frame_empty(unsigned count);

/* The last byte of RAM, plus one. */
uint64_t memory_end(void);

/* The memory map of the start info or, with version 0 of it, of the call. */
const struct hvm_memmap_table_entry *memory_map(unsigned *count);
