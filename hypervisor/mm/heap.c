/* SPDX-License-Identifier: MIT */
/*
 * Buddy allocator over the heap's pages, and power-of-two blocks within pages.
 *
 * Free lists run through the free pages themselves (they are mapped). One byte
 * per page tells the order of a free block that starts there. Small blocks: a
 * page is cut into blocks of one size; its free blocks are in one list per
 * size. Pages of small blocks are never given back (the sizes in use settle
 * quickly; what matters is that nothing grows per operation).
 */
#include "mm/heap.h"

#include "arch/x86/hooks.h"
#include "arch/x86/spinlock.h"
#include "lib/list.h"
#include "lib/string.h"

#define BLOCK_MIN_SHIFT 5  /* 32 bytes */
#define BLOCK_MAX_SHIFT 11 /* 2 KiB */
#define ORDER_NOT_FREE  0xff

static struct {
	struct spinlock lock;
	uint64_t va; /* of page 0 */
	uint64_t pa;
	uint64_t pages;
	uint64_t free_pages;
	uint8_t *order; /* per page: ORDER_NOT_FREE, or order of a free block */
	struct list free[HEAP_MAX_ORDER + 1];
	struct list blocks[BLOCK_MAX_SHIFT + 1];
} heap = { .lock = SPINLOCK_INIT(LOCK_HEAP) };

maddr_t virt_to_maddr(const void *p)
{
	const uint64_t offset = (uintptr_t)p - heap.va;

	assert(offset < heap.pages * PAGE_SIZE);
	return maddr(heap.pa + offset);
}

void *maddr_to_virt(maddr_t a)
{
	assert(a.v - heap.pa < heap.pages * PAGE_SIZE);
	return (void *)(uintptr_t)(a.v - heap.pa + heap.va);
}

static uint64_t page_index(const void *p)
{
	return ((uintptr_t)p - heap.va) / PAGE_SIZE;
}

static void *page_at(uint64_t index)
{
	return (void *)(uintptr_t)(heap.va + index * PAGE_SIZE);
}

static void put_free(uint64_t index, unsigned int order)
{
	heap.order[index] = (uint8_t)order;
	list_push_front(&heap.free[order], page_at(index));
}

static void take_free(uint64_t index)
{
	heap.order[index] = ORDER_NOT_FREE;
	list_remove(page_at(index));
}

/* Blocks are aligned to their size in machine addresses, hence the offset. */
static uint64_t buddy_of(uint64_t index, unsigned int order)
{
	const uint64_t base = heap.pa / PAGE_SIZE;

	return ((index + base) ^ (UINT64_C(1) << order)) - base;
}

static void free_locked(uint64_t index, unsigned int order)
{
	heap.free_pages += UINT64_C(1) << order;
	while (order < HEAP_MAX_ORDER) {
		const uint64_t buddy = buddy_of(index, order);

		if (buddy >= heap.pages || heap.order[buddy] != order) {
			break;
		}
		take_free(buddy);
		index = min_u64(index, buddy);
		order++;
	}
	put_free(index, order);
}

static void *alloc_locked(unsigned int order)
{
	unsigned int from = order;

	while (from <= HEAP_MAX_ORDER && list_is_empty(&heap.free[from])) {
		from++;
	}
	if (from > HEAP_MAX_ORDER) {
		return NULL;
	}

	struct list *block = heap.free[from].next;
	const uint64_t index = page_index(block);

	take_free(index);
	while (from > order) {
		from--;
		put_free(index + (UINT64_C(1) << from), from);
	}
	heap.free_pages -= UINT64_C(1) << order;
	return block;
}

void heap_init(uint64_t va, maddr_t pa, uint64_t pages, uint64_t used)
{
	const uint64_t map_pages = align_up(pages, PAGE_SIZE) / PAGE_SIZE;

	heap.va = va;
	heap.pa = pa.v;
	heap.pages = pages;
	for (unsigned int i = 0; i <= HEAP_MAX_ORDER; i++) {
		list_init(&heap.free[i]);
	}
	for (unsigned int i = 0; i <= BLOCK_MAX_SHIFT; i++) {
		list_init(&heap.blocks[i]);
	}
	heap.order = page_at(used);
	memset(heap.order, ORDER_NOT_FREE, pages);
	for (uint64_t i = used + map_pages; i < pages; i++) {
		free_locked(i, 0);
	}
}

void *heap_alloc_pages(unsigned int order)
{
	if (order > HEAP_MAX_ORDER) {
		return NULL;
	}
	spin_lock(&heap.lock);
	void *p = alloc_locked(order);
	spin_unlock(&heap.lock);

	if (p != NULL) {
		memset(p, 0, PAGE_SIZE << order);
	}
	return p;
}

void heap_free_pages(void *page, unsigned int order)
{
	if (page == NULL) {
		return;
	}
	spin_lock(&heap.lock);
	assert(heap.order[page_index(page)] == ORDER_NOT_FREE);
	free_locked(page_index(page), order);
	spin_unlock(&heap.lock);
}

static unsigned int order_for(size_t size)
{
	unsigned int order = 0;

	while ((PAGE_SIZE << order) < size) {
		order++;
	}
	return order;
}

static unsigned int shift_for(size_t size)
{
	unsigned int shift = BLOCK_MIN_SHIFT;

	while (((size_t)1 << shift) < size) {
		shift++;
	}
	return shift;
}

static void *alloc_block_locked(unsigned int shift)
{
	struct list *blocks = &heap.blocks[shift];

	if (list_is_empty(blocks)) {
		char *page = alloc_locked(0);

		if (page == NULL) {
			return NULL;
		}
		for (size_t at = 0; at < PAGE_SIZE; at += (size_t)1 << shift) {
			list_push_back(blocks, (void *)(page + at));
		}
	}

	struct list *block = blocks->next;

	list_remove(block);
	return block;
}

void *heap_alloc(size_t size)
{
	if (size > (size_t)1 << BLOCK_MAX_SHIFT) {
		return heap_alloc_pages(order_for(size));
	}

	const unsigned int shift = shift_for(size);

	spin_lock(&heap.lock);
	void *p = alloc_block_locked(shift);
	spin_unlock(&heap.lock);

	if (p != NULL) {
		memset(p, 0, (size_t)1 << shift);
	}
	return p;
}

void heap_free(void *p, size_t size)
{
	if (p == NULL) {
		return;
	}
	if (size > (size_t)1 << BLOCK_MAX_SHIFT) {
		heap_free_pages(p, order_for(size));
		return;
	}
	spin_lock(&heap.lock);
	list_push_front(&heap.blocks[shift_for(size)], p);
	spin_unlock(&heap.lock);
}

uint64_t heap_free_bytes(void)
{
	return heap.free_pages * PAGE_SIZE;
}

uint64_t heap_total_bytes(void)
{
	return heap.pages * PAGE_SIZE;
}
