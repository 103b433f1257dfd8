/* SPDX-License-Identifier: MIT */
/*
 * Giving memory back and getting it again, as a balloon driver does it.
 *
 * Both calls return how many extents they did; Linux stops with BUG() when a
 * decrease does fewer than asked. The current reservation follows exactly. A
 * bug would be a count that is off by the one that failed, or a frame that is
 * lost for ever.
 */
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"

#define COUNT 64
#define LARGE 9u /* the order of a 2 MiB extent */

extern uint8_t image_end[];

static xen_pfn_t frames[COUNT];

static long change(unsigned op, unsigned count, unsigned order)
{
	struct xen_memory_reservation reservation = {
		.nr_extents = count,
		.extent_order = order,
		.domid = DOMID_SELF,
	};

	set_xen_guest_handle(reservation.extent_start, frames);
	return hypercall_memory(op, &reservation);
}

static long reserved(void)
{
	domid_t domain = DOMID_SELF;

	return hypercall_memory(XENMEM_current_reservation, &domain);
}

static void check_small(void)
{
	uint8_t *pages = page_alloc(COUNT);
	long before = reserved();
	unsigned lost = 0;

	expect(before > 1000, "current reservation", "%ld", before);
	for (unsigned i = 0; i < COUNT; i++) {
		frames[i] = page_gfn(pages) + i;
	}
	expect_eq("decrease by 64 pages",
		  change(XENMEM_decrease_reservation, COUNT, 0), COUNT);
	expect_eq("reservation is smaller", reserved(), before - COUNT);
	expect_eq("populate 64 pages",
		  change(XENMEM_populate_physmap, COUNT, 0), COUNT);
	expect_eq("reservation is as before", reserved(), before);
	for (unsigned i = 0; i < COUNT * PAGE_SIZE; i += 512) {
		pages[i] = (uint8_t)(i >> 9);
		lost += pages[i] != (uint8_t)(i >> 9);
	}
	expect_eq("the pages can be used", lost, 0);
}

/* A hole in the list: the count says where it stopped. */
static void check_hole(void)
{
	uint8_t *pages = page_alloc(4);
	long before = reserved();
	long count;

	for (unsigned i = 0; i < 4; i++) {
		frames[i] = page_gfn(pages) + i;
	}
	frames[2] = memory_end() / PAGE_SIZE + BIT(20);
	count = change(XENMEM_decrease_reservation, 4, 0);
	expect(count >= 2 && count <= 4, "decrease over a hole", "%ld", count);
	expect(reserved() == before - 2 || reserved() == before - 3,
	       "reservation counts what was there", "%ld, was %ld", reserved(),
	       before);
	frames[2] = page_gfn(pages) + 2;
	count = before - reserved();
	frames[2] = count == 3 ? page_gfn(pages) + 3 : frames[2];
	expect_eq("populate what was given",
		  change(XENMEM_populate_physmap, (unsigned)count, 0), count);
	expect_eq("and all is back", reserved(), before);
}

/* A run of 2 MiB out of this guest's RAM that nothing lives in. */
static void check_large(void)
{
	long before = reserved();
	uint64_t gfn = (page_gfn(image_end) + 2048) & ~511ull;
	volatile uint8_t *bytes;

	frames[0] = gfn;
	bytes = (volatile uint8_t *)(gfn * PAGE_SIZE);
	bytes[0] = 1;
	expect_eq("decrease by 2 MiB",
		  change(XENMEM_decrease_reservation, 1, LARGE), 1);
	expect_eq("reservation is 2 MiB smaller", reserved(), before - 512);
	expect_eq("populate 2 MiB", change(XENMEM_populate_physmap, 1, LARGE),
		  1);
	expect_eq("reservation is whole again", reserved(), before);
	bytes[BIT(21) - 1] = 7;
	expect_eq("its last byte can be used", bytes[BIT(21) - 1], 7);
}

static void check_errors(void)
{
	struct xen_memory_reservation nobody = { .domid = DOMID_NONE,
						 .nr_extents = 1 };
	domid_t domain = DOMID_NONE;
	long before = reserved();

	frames[0] = page_gfn(page_alloc(1));
	expect(change(XENMEM_decrease_reservation, 1, 40) <= 0,
	       "decrease with a huge order", "accepted");
	expect(change(XENMEM_populate_physmap, 1, 40) <= 0,
	       "populate with a huge order", "accepted");
	expect_eq("no extents", change(XENMEM_decrease_reservation, 0, 0), 0);
	set_xen_guest_handle(nobody.extent_start, frames);
	expect(hypercall_memory(XENMEM_decrease_reservation, &nobody) <= 0,
	       "decrease of no domain", "accepted");
	expect_eq("reservation of no domain",
		  hypercall_memory(XENMEM_current_reservation, &domain),
		  -XEN_ESRCH);
	/* A count of 0 done, or an error: either is in the ABI. */
	expect(hypercall_memory(XENMEM_populate_physmap, NOWHERE) <= 0,
	       "bad pointer", "accepted");
	nobody.domid = DOMID_SELF;
	nobody.nr_extents = 2;
	set_xen_guest_handle(nobody.extent_start, NOWHERE);
	expect(hypercall_memory(XENMEM_decrease_reservation, &nobody) <= 0,
	       "bad list", "accepted");
	expect_eq("unknown sub-op", hypercall_memory(55, NULL), -XEN_ENOSYS);
	expect_eq("nothing was lost on the way", reserved(), before);
}

static void check_limits(void)
{
	domid_t domain = DOMID_SELF;
	long most = hypercall_memory(XENMEM_maximum_reservation, &domain);

	expect(most >= reserved(), "maximum reservation", "%ld", most);
}

/* Many rounds: the frames come from somewhere and go back there. */
static void check_rounds(void)
{
	uint8_t *pages = page_alloc(COUNT);
	long before = reserved();
	unsigned bad = 0;

	for (unsigned i = 0; i < COUNT; i++) {
		frames[i] = page_gfn(pages) + i;
	}
	for (unsigned round = 0; round < 200; round++) {
		bad += change(XENMEM_decrease_reservation, COUNT, 0) != COUNT;
		bad += change(XENMEM_populate_physmap, COUNT, 0) != COUNT;
	}
	expect_eq("200 rounds", bad, 0);
	expect_eq("reservation after 200 rounds", reserved(), before);
}

void guest_main(void)
{
	check_small();
	check_hole();
	check_large();
	check_errors();
	check_limits();
	check_rounds();
}
