/* SPDX-License-Identifier: MIT */
/*
 * A device reaches what this guest has of memory, and nothing else: RAM, RAM
 * given away and taken back, granted pages with their access, another guest's
 * pages while they are mapped, and never the hypervisor.
 *
 * A bug would let a driver of the service VM read and overwrite the hypervisor
 * and other guests, or let a device write where only reading was granted. With
 * `open` on the command line there is no IOMMU: then the device reads the
 * hypervisor's code, which shows that the other runs try the right place. With
 * `foreign` there is another guest.
 */
#include "lib/event.h"
#include "lib/grant.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/pci.h"
#include "lib/test.h"
#include "lib/tools.h"

#define LENGTH 1024u
#define WORDS  (LENGTH / 4)

static volatile uint32_t *edu;
static uint32_t *seen; /* where the device says what it has read */

static void fill(uint32_t *page, uint32_t word)
{
	for (unsigned i = 0; i < WORDS; i++) {
		page[i] = word;
	}
}

static unsigned count(const volatile uint32_t *page, uint32_t word)
{
	unsigned n = 0;

	for (unsigned i = 0; i < WORDS; i++) {
		n += page[i] == word;
	}
	return n;
}

/* The device takes `gaddr` in and puts it into `seen`. */
static void device_read(uint64_t gaddr)
{
	edu_transfer(edu, gaddr, EDU_BUFFER, LENGTH, EDU_TAKE);
	edu_transfer(edu, EDU_BUFFER, (uintptr_t)seen, LENGTH, EDU_PUT);
}

/* The device writes `word` all over `gaddr`. */
static void device_write(uint64_t gaddr, uint32_t word)
{
	fill(seen, word);
	edu_transfer(edu, (uintptr_t)seen, EDU_BUFFER, LENGTH, EDU_TAKE);
	edu_transfer(edu, EDU_BUFFER, gaddr, LENGTH, EDU_PUT);
}

static void check_ram(void)
{
	uint32_t *page = page_alloc(1);

	device_write((uintptr_t)page, 0x11111111);
	expect_eq("words written to RAM", count(page, 0x11111111), WORDS);
	fill(page, 0x22222222);
	device_read((uintptr_t)page);
	expect_eq("words read from RAM", count(seen, 0x22222222), WORDS);
}

/* The first address above 1 MiB that the memory map leaves out. */
static uint64_t hypervisor(void)
{
	unsigned entries;
	const struct hvm_memmap_table_entry *map = memory_map(&entries);
	uint64_t at = BIT(20);

	for (unsigned i = 0; i < entries; i++) {
		if (map[i].addr <= at && at - map[i].addr < map[i].size) {
			at = map[i].addr + map[i].size;
		}
	}
	return at;
}

static void check_hypervisor(bool open)
{
	uint64_t at = hypervisor();
	unsigned zeroes;

	device_read(at);
	zeroes = count(seen, 0);
	if (open) {
		expect(zeroes < WORDS, "the hypervisor can be read at",
		       "0x%lx: all zero", at);
		return;
	}
	expect_eq("words of the hypervisor that read as zero", zeroes, WORDS);
	for (unsigned i = 0; i < 4; i++) {
		device_write(at + i * PAGE_SIZE, 0x33333333);
	}
	expect(hypercall_version(XENVER_version, NULL) > 0,
	       "the hypervisor is alive", "no");
}

static long change(unsigned op, uint64_t gfn)
{
	xen_pfn_t frame = gfn;
	struct xen_memory_reservation reservation = {
		.nr_extents = 1,
		.domid = DOMID_SELF,
	};

	set_xen_guest_handle(reservation.extent_start, &frame);
	return hypercall_memory(op, &reservation);
}

static void check_balloon(void)
{
	uint32_t *page = page_alloc(1);
	uint64_t gfn = page_gfn(page);

	fill(page, 0x44444444);
	device_read((uintptr_t)page);
	expect_eq("give a page away", change(XENMEM_decrease_reservation, gfn),
		  1);
	device_read((uintptr_t)page);
	expect_eq("words of it that a device reads", count(seen, 0x44444444),
		  0);
	device_write((uintptr_t)page, 0x55555555);
	expect_eq("take it back", change(XENMEM_populate_physmap, gfn), 1);
	expect_eq("words of it that a device wrote", count(page, 0x55555555),
		  0);
	device_write((uintptr_t)page, 0x66666666);
	expect_eq("words written now", count(page, 0x66666666), WORDS);
}

static void check_grant(unsigned ref, bool read_only)
{
	uint32_t *page = page_alloc(1);
	uint64_t at = frame_empty(1) * PAGE_SIZE;
	unsigned flags = GNTMAP_host_map | (read_only ? GNTMAP_readonly : 0);
	grant_handle_t handle;

	fill(page, 0x77777777);
	grant_give(ref, GRANT_SELF, page_gfn(page), read_only);
	expect_eq("map a grant", grant_map(at, flags, GRANT_SELF, ref, &handle),
		  GNTST_okay);
	device_read(at);
	expect_eq("words read by grant", count(seen, 0x77777777), WORDS);
	device_write(at, 0x88888888);
	expect_eq(read_only ? "words written by grant to read"
			    : "words written by grant",
		  count(page, 0x88888888), read_only ? 0 : WORDS);
	expect_eq("unmap it", grant_unmap(at, handle), GNTST_okay);
	device_write(at, 0x99999999);
	expect_eq("words written after that", count(page, 0x99999999), 0);
	device_read(at);
	expect_eq("words read after that",
		  count(seen, 0x77777777) + count(seen, 0x88888888), 0);
}

/* A page of another guest, as long as we have it. */
static void check_foreign(void)
{
	uint64_t gfn = frame_empty(1);
	uint32_t *page = (uint32_t *)(gfn * PAGE_SIZE);
	domid_t id = (domid_t)tools_create(1);

	tools_control.u.max_mem.max_memkb = 64;
	expect_eq("another guest", tools_domctl(XEN_DOMCTL_max_mem, id), 0);
	expect_eq("with a page", tools_populate(id, 0, 1, 0), 1);
	expect_eq("map it", tools_map(id, 0, gfn), 0);
	page_map(gfn * PAGE_SIZE, gfn * PAGE_SIZE, PTE_RWX);
	fill(page, 0xaaaaaaaa);
	device_read(gfn * PAGE_SIZE);
	expect_eq("words read from it", count(seen, 0xaaaaaaaa), WORDS);
	device_write(gfn * PAGE_SIZE, 0xbbbbbbbb);
	expect_eq("words written to it", count(page, 0xbbbbbbbb), WORDS);
	expect_eq("unmap it", tools_unmap(gfn), 0);
	device_read(gfn * PAGE_SIZE);
	expect_eq("words read from it now", count(seen, 0xbbbbbbbb), 0);
	device_write(gfn * PAGE_SIZE, 0xcccccccc);
	expect_eq("map it once more", tools_map(id, 0, gfn), 0);
	expect_eq("words written meanwhile", count(page, 0xcccccccc), 0);
	expect_eq("words as they were", count(page, 0xbbbbbbbb), WORDS);
	expect_eq("unmap it again", tools_unmap(gfn), 0);
	expect_eq("end the guest", tools_domctl(XEN_DOMCTL_destroydomain, id),
		  0);
}

/* What the guest is told: frames of others may be handed to devices. */
static void check_cpuid(bool open)
{
	uint32_t flags = cpuid(XEN_CPUID_FIRST_LEAF + 4, 0).a;

	expect_eq("CPUID says what devices reach",
		  (flags & XEN_HVM_CPUID_IOMMU_MAPPINGS) != 0, !open);
}

void guest_main(void)
{
	bool open = option("open", 0) != 0;
	unsigned device;

	event_init();
	edu = edu_find(0, &device);
	if (edu == NULL) {
		skip("a device", "the machine has no edu device");
		return;
	}
	seen = page_alloc(1);
	check_cpuid(open);
	check_ram();
	if (option("foreign", 0) != 0) {
		check_foreign();
		return;
	}
	check_hypervisor(open);
	if (open) {
		return;
	}
	check_balloon();
	grant_init(1);
	check_grant(GRANT_FIRST_FREE, false);
	check_grant(GRANT_FIRST_FREE + 1, true);
}
