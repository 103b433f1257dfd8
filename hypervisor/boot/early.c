/* SPDX-License-Identifier: MIT */
/*
 * The part of the boot that runs on the boot page tables, where the first 4 GiB
 * are mapped one to one: read the boot loader's structures, choose the region,
 * copy the image there, build the final page tables and leave.
 */
#include "boot/boot.h"

#include "arch/x86/cpu.h"
#include "arch/x86/features.h"
#include "arch/x86/regs.h"
#include "core/log.h"
#include "dev/uart.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/layout.h"
#include "mm/paging.h"

#define MB1_MAGIC 0x2badb002
#define MB2_MAGIC 0x36d76289
#define PVH_MAGIC 0x336ec578
#define UART_PORT 0x3f8

extern char image_start[];
extern char text_end[];
extern char rodata_end[];
extern char image_end[];
void boot_switch(uint64_t cr3, uint64_t stack, void (*entry)(void)) noreturn;

struct boot_region boot_region;

static uint64_t taken; /* bytes of the region in use, from its start */

static const void *at_identity(uint64_t address)
{
	return (const void *)(uintptr_t)address;
}

static void *reach_identity(maddr_t a)
{
	return (void *)(uintptr_t)a.v;
}

static maddr_t take_page(void)
{
	const maddr_t page = maddr(boot_region.start + taken);

	taken += PAGE_SIZE;
	memset(reach_identity(page), 0, PAGE_SIZE);
	return page;
}

static bool read_boot_loader(uint32_t magic, uint32_t info)
{
	switch (magic) {
	case MB1_MAGIC:
		return multiboot1_read(&boot_info, info, at_identity);
	case MB2_MAGIC:
		return multiboot2_read(&boot_info, info, at_identity);
	case PVH_MAGIC:
		return pvh_read(&boot_info, info, at_identity);
	default:
		return false;
	}
}

static noreturn void give_up(const char *why)
{
	log_error("cannot start: %s\n", why);
	for (;;) {
		__asm__ volatile("cli; hlt");
	}
}

static uint64_t image_size(void)
{
	return align_up((uint64_t)(image_end - image_start), PAGE_SIZE);
}

static void map_or_die(uint64_t va, uint64_t pa, uint64_t len, uint64_t flags)
{
	if (paging_map(va, maddr(pa), len, flags) != 0) {
		give_up("no memory for the first page tables");
	}
}

static uint64_t va_of(const char *symbol)
{
	return (uintptr_t)symbol;
}

/* Image with rights by section; heap with the same machine range behind it. */
static void map_everything(void)
{
	const uint64_t base = boot_region.start;
	const uint64_t va = va_of(image_start);
	const uint64_t text = va_of(text_end) - va;
	const uint64_t rodata = va_of(rodata_end) - va;
	const uint64_t all = image_size();

	map_or_die(va, base, text, MAP_RX);
	map_or_die(va + text, base + text, rodata - text, MAP_RO);
	map_or_die(va + rodata, base + rodata, all - rodata, MAP_RW);
	/* Page tables taken from now on lie behind the image, in the heap. */
	map_or_die(HEAP_BASE + all, base + all, boot_region.size - all, MAP_RW);
}

static bool has_ram(uint64_t start, uint64_t end)
{
	for (unsigned int i = 0; i < boot_info.map.count; i++) {
		const struct range *r = &boot_info.map.at[i];

		if (r->type == RANGE_RAM && r->start < end &&
		    start < r->start + r->size) {
			return true;
		}
	}
	return false;
}

/* Real pages where there is RAM to describe; elsewhere all entries are zero,
 * FRAME_HOLE, and one read-only page will do. */
static void map_frame_table(void)
{
	const uint64_t end = boot_region.frame_count * PAGE_SIZE;
	const maddr_t empty = take_page();
	uint64_t va = FRAMES_BASE;

	for (uint64_t at = 0; at < end; at += REGION_FRAMES_SPAN) {
		if (has_ram(at, at + REGION_FRAMES_SPAN)) {
			map_or_die(va, take_page().v, PAGE_SIZE, MAP_RW);
		} else {
			map_or_die(va, empty.v, PAGE_SIZE, MAP_RO);
		}
		va += PAGE_SIZE;
	}
}

/* On the final tables, on the boot stack's copy. */
static noreturn void boot_moved(void)
{
	paging_use_heap();
	heap_init(HEAP_BASE, maddr(boot_region.start),
		  boot_region.size / PAGE_SIZE, taken / PAGE_SIZE);
	frames_init((void *)(uintptr_t)FRAMES_BASE, boot_region.frame_count);
	boot_main();
}

static uint64_t copy_and_switch(void)
{
	paging_boot_init(take_page, reach_identity);
	map_everything();
	map_frame_table();
	/* Last: what is written after this copy is lost. */
	memcpy((void *)(uintptr_t)boot_region.start, image_start, image_size());
	return paging_root().v;
}

void boot_start(uint32_t magic, uint32_t info)
{
	if (uart_init(UART_PORT)) {
		log_add_sink(uart_write);
	}
	if (!read_boot_loader(magic, info)) {
		give_up("the boot loader gave no memory map (multiboot1, "
			"multiboot2 or PVH wanted)");
	}
	ranges_normalise(&boot_info.given, &boot_info.map);
	if (!region_choose(&boot_info, image_size(), &boot_region)) {
		give_up("no free memory below 4 GiB for the hypervisor");
	}
	taken = image_size();
	features_init();

	extern char boot_stack_top[];

	boot_switch(copy_and_switch(), va_of(boot_stack_top), boot_moved);
}
