/* SPDX-License-Identifier: MIT */
/* Pages of the guest's own image, its page tables, empty frames. */
#include "lib/memory.h"

#include "lib/hypercall.h"
#include "lib/test.h"

#define MAP_MAX    64
#define POOL_PAGES 768
/* A gigabyte that no PC has RAM or devices in when it has less than 3 GiB. */
#define ADDRESS_START 0x60000000ull
#define ADDRESS_END   0x70000000ull

/* An entry of XENMEM_memory_map: as the firmware's E820 call gives it. */
struct e820_entry {
	uint64_t addr, size;
	uint32_t type;
} __attribute__((packed));

extern uint64_t page_root[512];

static uint8_t pool[POOL_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
static unsigned pool_used;
static uint64_t address_used = ADDRESS_START;
static uint64_t frame_used;

void *page_alloc(unsigned count)
{
	unsigned first = pool_used;

	if (count > POOL_PAGES - pool_used) {
		test_abort("no page left of %u", POOL_PAGES);
	}
	pool_used += count;
	memset(pool[first], 0, count * PAGE_SIZE);
	return pool[first];
}

/* The table that `*entry` points to, made or split from a large page. */
static uint64_t *table_below(uint64_t *entry, uint64_t step)
{
	uint64_t old = *entry;
	uint64_t *table;

	if ((old & PTE_PRESENT) != 0 && (old & BIT(7)) == 0) {
		return (uint64_t *)(uintptr_t)(old & 0xffffffffff000ull);
	}
	table = page_alloc(1);
	if ((old & PTE_PRESENT) != 0) {
		old &= step == PAGE_SIZE ? ~BIT(7) : ~0ull;
		for (unsigned i = 0; i < 512; i++) {
			table[i] = old + i * step;
		}
	}
	*entry = (uintptr_t)table | PTE_PRESENT | PTE_WRITE | PTE_USER;
	return table;
}

static uint64_t *entry_of(uint64_t va)
{
	uint64_t *table = page_root;

	table = table_below(&table[va >> 39 & 511], 0);
	table = table_below(&table[va >> 30 & 511], BIT(21));
	table = table_below(&table[va >> 21 & 511], PAGE_SIZE);
	return &table[va >> 12 & 511];
}

void page_map(uint64_t va, uint64_t gaddr, uint64_t flags)
{
	*entry_of(va) = gaddr | flags;
	asm volatile("invlpg (%0)" ::"r"(va) : "memory");
}

void page_unmap(uint64_t va)
{
	page_map(va, 0, 0);
}

uint64_t page_address(unsigned count)
{
	uint64_t va = address_used;

	/* A page between two uses, so that a stray access faults. */
	address_used += (count + 1) * PAGE_SIZE;
	if (address_used > ADDRESS_END) {
		test_abort("no linear address left");
	}
	for (unsigned i = 0; i <= count; i++) {
		page_unmap(va + i * PAGE_SIZE);
	}
	return va;
}

const struct hvm_memmap_table_entry *memory_map(unsigned *count)
{
	static struct hvm_memmap_table_entry asked[MAP_MAX];
	struct xen_memory_map map = { .nr_entries = MAP_MAX };
	struct e820_entry entries[MAP_MAX];

	if (start_info->version >= 1 && start_info->memmap_entries > 0) {
		*count = start_info->memmap_entries;
		return (const void *)(uintptr_t)start_info->memmap_paddr;
	}
	set_xen_guest_handle(map.buffer, entries);
	if (hypercall_memory(XENMEM_memory_map, &map) != 0) {
		test_abort("no memory map");
	}
	for (unsigned i = 0; i < map.nr_entries; i++) {
		asked[i].addr = entries[i].addr;
		asked[i].size = entries[i].size;
		asked[i].type = entries[i].type;
	}
	*count = map.nr_entries;
	return asked;
}

static uint64_t map_end(bool ram_only)
{
	unsigned count;
	const struct hvm_memmap_table_entry *map = memory_map(&count);
	uint64_t end = 0;

	for (unsigned i = 0; i < count; i++) {
		uint64_t last = map[i].addr + map[i].size;

		if (ram_only && map[i].type != XEN_HVM_MEMMAP_TYPE_RAM) {
			continue;
		}
		/* Not the reserved range at the end of all addresses. */
		if (last > end && last < BIT(38)) {
			end = last;
		}
	}
	return end;
}

uint64_t memory_end(void)
{
	return map_end(true);
}

uint64_t frame_empty(unsigned count)
{
	uint64_t first;

	if (frame_used == 0) {
		/* Firmware puts 64-bit BARs above RAM: stay clear of them. */
		frame_used = (map_end(false) + BIT(34)) >> 30 << 18;
		if (frame_used < BIT(22)) {
			frame_used = BIT(22);
		}
	}
	first = frame_used;
	frame_used += count;
	for (unsigned i = 0; i < count; i++) {
		uint64_t gaddr = (first + i) * PAGE_SIZE;

		page_map(gaddr, gaddr, PTE_PRESENT | PTE_WRITE);
	}
	return first;
}
