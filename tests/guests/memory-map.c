/* SPDX-License-Identifier: MIT */
/*
 * The memory map: start info and XENMEM_memory_map describe the same RAM, the
 * ranges do not overlap, RAM can be used to its last byte, and the structures
 * PVH hands over lie where an early kernel can read them.
 *
 * A bug would be RAM that faults on first use, RAM over a device, or tables
 * above 1 GiB that Linux cannot reach so early.
 */
#include "lib/acpi.h"
#include "lib/apic.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "lib/trap.h"

extern uint8_t image_start[], image_end[];

static const struct hvm_memmap_table_entry *map;
static unsigned count;

static void check_ranges(void)
{
	uint64_t ram = 0;
	unsigned overlaps = 0;

	for (unsigned i = 0; i < count; i++) {
		for (unsigned j = i + 1; j < count; j++) {
			overlaps += map[i].addr < map[j].addr + map[j].size &&
				    map[j].addr < map[i].addr + map[i].size;
		}
		if (map[i].type == XEN_HVM_MEMMAP_TYPE_RAM) {
			ram += map[i].size;
		}
	}
	expect(count >= 2 && count <= 127, "number of entries", "%u", count);
	expect_eq("ranges that overlap", overlaps, 0);
	expect(ram >= BIT(27), "128 MiB of RAM or more", "%lu", ram);
	print("RAM: %lu KiB in %u entries\n", ram >> 10, count);
}

static unsigned type_of(uint64_t gaddr)
{
	for (unsigned i = 0; i < count; i++) {
		if (gaddr >= map[i].addr && gaddr - map[i].addr < map[i].size) {
			return map[i].type;
		}
	}
	return 0;
}

static void check_places(void)
{
	unsigned ram = XEN_HVM_MEMMAP_TYPE_RAM;

	expect(type_of((uintptr_t)image_start) == ram &&
		       type_of((uintptr_t)image_end - 1) == ram,
	       "this image lies in RAM", "%u", type_of((uintptr_t)image_start));
	expect(type_of(0x8000) == ram, "RAM below 640 KiB", "%u",
	       type_of(0x8000));
	expect(type_of(APIC_BASE) != ram && type_of(0xfec00000) != ram,
	       "no RAM at the APICs", "%u", type_of(APIC_BASE));
	expect((uintptr_t)start_info < BIT(30) &&
		       start_info->memmap_paddr < BIT(30) &&
		       start_info->modlist_paddr < BIT(30),
	       "start info lies below 1 GiB", "%p", start_info);
	expect(type_of(start_info->rsdp_paddr) != 0 ||
		       start_info->rsdp_paddr < BIT(20),
	       "RSDP lies in the map", "0x%lx", start_info->rsdp_paddr);
}

static void touch(void *arg)
{
	volatile uint64_t *word = arg;
	uint64_t old = *word;

	*word = ~old;
	if (*word != ~old) {
		asm volatile("ud2");
	}
	*word = old;
}

static bool use(uint64_t gaddr)
{
	page_map(gaddr & ~(PAGE_SIZE - 1), gaddr & ~(PAGE_SIZE - 1), PTE_RWX);
	return trap_catch(touch, (void *)(uintptr_t)gaddr).vector ==
	       VECTOR_NONE;
}

/* First, last and some words between, of each range of RAM. */
static void check_ram_works(void)
{
	uint64_t bad = 0;

	for (unsigned i = 0; i < count; i++) {
		uint64_t end = map[i].addr + map[i].size;
		uint64_t step = map[i].size / 64 & ~7ull;

		if (map[i].type != XEN_HVM_MEMMAP_TYPE_RAM || step == 0) {
			continue;
		}
		for (uint64_t at = map[i].addr; at < end - 8; at += step) {
			bad = use(at & ~7ull) ? bad : at;
		}
		bad = use(end - 8) ? bad : end - 8;
	}
	expect(bad == 0, "RAM can be written", "not at 0x%lx", bad);
}

static void check_call(void)
{
	static uint8_t buffer[20 * 128];
	struct xen_memory_map call = { .nr_entries = 128 };
	struct xen_memory_map small = { .nr_entries = 1 };
	long rc;

	set_xen_guest_handle(call.buffer, buffer);
	rc = hypercall_memory(XENMEM_memory_map, &call);
	if (expect_eq("XENMEM_memory_map", rc, 0)) {
		expect_eq("it has as many entries", call.nr_entries, count);
	}
	memset(buffer, 0x7f, sizeof(buffer));
	set_xen_guest_handle(small.buffer, buffer);
	rc = hypercall_memory(XENMEM_memory_map, &small);
	expect(buffer[20] == 0x7f && small.nr_entries <= 1,
	       "a small buffer is not overrun", "rc %ld, %u entries", rc,
	       small.nr_entries);
}

/* Tables the service VM gets, and those it must not see. */
static void check_acpi(void)
{
	static const char *const want[] = { "APIC", "FACP", "MCFG" };
	static const char *const hidden[] = { "DMAR", "IVRS", "HPET", "SRAT" };

	for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
		const struct acpi_header *table = acpi_find(want[i]);

		expect(table != NULL && acpi_checksum_good(table), want[i],
		       table == NULL ? "no such table" : "bad checksum");
	}
	for (unsigned i = 0; i < ARRAY_SIZE(hidden); i++) {
		expect(acpi_find(hidden[i]) == NULL, hidden[i],
		       "the service VM must not see it");
	}
}

void guest_main(void)
{
	map = memory_map(&count);
	check_ranges();
	check_places();
	check_ram_works();
	check_call();
	check_acpi();
}
