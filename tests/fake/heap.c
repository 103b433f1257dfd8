/* SPDX-License-Identifier: MIT */
/* The hypervisor's heap: libc's, with failures to order. */
#include "mm/heap.h"
#include "arch/x86/hooks.h"
#include "fake.h"

#include <stdlib.h>
#include <string.h>

static int fail_after = -1;
static size_t allocated;

void fake_alloc_fail_after(int n)
{
	fail_after = n;
}

size_t fake_alloc_bytes(void)
{
	return allocated;
}

static bool must_fail(void)
{
	if (fail_after > 0) {
		fail_after--;
		return false;
	}
	return fail_after == 0;
}

void *heap_alloc_pages(unsigned int order)
{
	const size_t size = PAGE_SIZE << order;
	void *p;

	if (must_fail()) {
		return NULL;
	}
	p = aligned_alloc(size, size);
	if (p != NULL) {
		memset(p, 0, size);
	}
	allocated += size;
	return p;
}

void heap_free_pages(void *page, unsigned int order)
{
	allocated -= PAGE_SIZE << order;
	free(page);
}

void *heap_alloc(size_t size)
{
	if (must_fail()) {
		return NULL;
	}
	allocated += size;
	return calloc(1, size);
}

void heap_free(void *p, size_t size)
{
	allocated -= p == NULL ? 0 : size;
	free(p);
}

uint64_t heap_free_bytes(void)
{
	return MIB(64) - allocated;
}

uint64_t heap_total_bytes(void)
{
	return MIB(64);
}

maddr_t virt_to_maddr(const void *p)
{
	return maddr((uintptr_t)p);
}

void *maddr_to_virt(maddr_t a)
{
	return (void *)(uintptr_t)a.v;
}
