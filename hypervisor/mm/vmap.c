/* SPDX-License-Identifier: MIT */
/*
 * Two bump regions. Device mappings stay for ever and the same registers are
 * found again; firmware mappings start over when the last one is gone.
 */
#include "mm/vmap.h"

#include "arch/x86/spinlock.h"
#include "mm/layout.h"
#include "mm/paging.h"

#define DEVICES_MAX 256

static struct {
	struct spinlock lock;
	uint64_t next;
	unsigned int count;

	struct {
		uint64_t pa;
		uint64_t len;
		uint64_t va;
	} known[DEVICES_MAX];
} devices = { .lock = SPINLOCK_INIT(LOCK_HEAP - 1), .next = DEVICE_BASE };

static uint64_t firmware_next = FIRMWARE_BASE;
static unsigned int firmware_count;

static uint64_t find_device_locked(uint64_t pa, uint64_t len)
{
	for (unsigned int i = 0; i < devices.count; i++) {
		if (devices.known[i].pa <= pa &&
		    pa + len <= devices.known[i].pa + devices.known[i].len) {
			return devices.known[i].va + pa - devices.known[i].pa;
		}
	}
	return 0;
}

/* Maps at *next, below `end`, and moves *next on; 0 when there is no room. In
 * steps of a page: in large ones the PAT's bit is another one, and they cannot
 * be unmapped. */
static uint64_t add(uint64_t *next, uint64_t end, uint64_t pa, uint64_t len,
		    uint64_t flags, uint64_t step)
{
	const uint64_t va = *next;

	if (len > end - va) {
		return 0;
	}
	for (uint64_t at = 0; at < len; at += step) {
		if (paging_map(va + at, maddr(pa + at), step, flags) != 0) {
			return 0;
		}
	}
	*next = va + len;
	return va;
}

static uint64_t add_device_locked(uint64_t pa, uint64_t len)
{
	if (devices.count == DEVICES_MAX) {
		return 0;
	}

	const uint64_t va = add(&devices.next, DEVICE_BASE + DEVICE_SIZE, pa,
				len, MAP_DEVICE, len);

	if (va != 0) {
		devices.known[devices.count].pa = pa;
		devices.known[devices.count].len = len;
		devices.known[devices.count].va = va;
		devices.count++;
	}
	return va;
}

void *mm_map_device(maddr_t base, size_t len)
{
	const uint64_t pa = align_down(base.v, PAGE_SIZE);
	const uint64_t size = align_up(base.v + len, PAGE_SIZE) - pa;

	spin_lock(&devices.lock);
	uint64_t va = find_device_locked(pa, size);

	if (va == 0) {
		va = add_device_locked(pa, size);
	}
	spin_unlock(&devices.lock);
	return va == 0 ? NULL : (void *)(uintptr_t)(va + base.v - pa);
}

void *mm_map_write_combining(maddr_t base, size_t len)
{
	const uint64_t pa = align_down(base.v, PAGE_SIZE);
	const uint64_t size = align_up(base.v + len, PAGE_SIZE) - pa;

	spin_lock(&devices.lock);
	const uint64_t va = add(&devices.next, DEVICE_BASE + DEVICE_SIZE, pa,
				size, MAP_WRITE_COMBINING, PAGE_SIZE);
	spin_unlock(&devices.lock);
	return va == 0 ? NULL : (void *)(uintptr_t)(va + base.v - pa);
}

const void *mm_map_firmware(maddr_t base, size_t len)
{
	const uint64_t pa = align_down(base.v, PAGE_SIZE);
	const uint64_t size = align_up(base.v + len, PAGE_SIZE) - pa;
	const uint64_t va = add(&firmware_next, FIRMWARE_BASE + FIRMWARE_SIZE,
				pa, size, MAP_RO, PAGE_SIZE);

	firmware_count += va != 0;
	return va == 0 ? NULL : (const void *)(uintptr_t)(va + base.v - pa);
}

void mm_unmap_firmware(const void *p, size_t len)
{
	const uint64_t at = (uintptr_t)p;
	const uint64_t va = align_down(at, PAGE_SIZE);

	paging_unmap(va, align_up(at + len, PAGE_SIZE) - va);
	firmware_count--;
	if (firmware_count == 0) {
		firmware_next = FIRMWARE_BASE;
	}
}
