/* SPDX-License-Identifier: MIT */
/*
 * Hypervisor memory: one contiguous machine range, mapped at a fixed virtual
 * offset. Everything the hypervisor keeps for itself comes from here.
 */
#pragma once

#include "lib/addr.h"

#define HEAP_MAX_ORDER 10 /* 4 MiB */

/* 2^order zeroed pages, naturally aligned; NULL when there are none left. */
void *heap_alloc_pages(unsigned int order);
void heap_free_pages(void *page, unsigned int order);

/* Zeroed memory of any size up to 4 MiB, 16-byte aligned; NULL when out. */
void *heap_alloc(size_t size);
void heap_free(void *p, size_t size);

uint64_t heap_free_bytes(void);
uint64_t heap_total_bytes(void);

maddr_t virt_to_maddr(const void *p);
void *maddr_to_virt(maddr_t a); /* only for memory from this heap */

/*
 * The heap is `pages` pages at `va`, machine address `pa` (4 MiB aligned); the
 * first `used` pages are taken already (image, boot page tables). Once, at boot.
 */
void heap_init(uint64_t va, maddr_t pa, uint64_t pages, uint64_t used);
