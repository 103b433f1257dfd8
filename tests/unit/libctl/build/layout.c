/* SPDX-License-Identifier: MIT */
#include "libctl/build/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)

static struct layout l;
static struct report why;

static struct elf_image kernel(uint64_t paddr, uint64_t size)
{
	return (struct elf_image){
		.segments = { { .paddr = paddr, .memory_size = size } },
		.segment_count = 1,
	};
}

static void small_guest_is_all_low(void **state)
{
	(void)state;
	layout_init(&l, 64 << 10);
	assert_int_equal(l.low.end, 64 * MIB);
	assert_int_equal(range_size(l.high), 0);
	assert_int_equal(l.map_count, 3);
	assert_int_equal(l.map[0].type, XEN_HVM_MEMMAP_TYPE_RAM);
	assert_int_equal(l.map[1].type, XEN_HVM_MEMMAP_TYPE_ACPI);
	assert_int_equal(l.map[1].addr, 0xfc000000);
	assert_int_equal(l.map[2].type, XEN_HVM_MEMMAP_TYPE_RESERVED);
	assert_int_equal(layout_pages(&l), (64 << 8) + 2 + 8);
}

static void large_guest_goes_on_at_4_gib(void **state)
{
	(void)state;
	layout_init(&l, 6 << 20);
	assert_int_equal(l.low.end, 0xf0000000);
	assert_int_equal(l.high.start, 4 * GIB);
	assert_int_equal(range_size(l.low) + range_size(l.high), 6 * GIB);
	assert_int_equal(l.map_count, 4);
	assert_int_equal(l.map[3].addr, 4 * GIB);
}

static void odd_sizes_lose_the_part_of_a_page(void **state)
{
	(void)state;
	layout_init(&l, (64 << 10) + 3);
	assert_int_equal(l.low.end, 64 * MIB);
}

static void things_do_not_overlap(void **state)
{
	const struct elf_image elf = kernel(16 * MIB, 40 * MIB);
	struct range start;
	struct range initrd;

	(void)state;
	layout_init(&l, 64 << 10);
	assert_int_equal(layout_take_kernel(&l, &elf, &why), 0);
	assert_int_equal(layout_take(&l, 3000, GIB, &start, &why), 0);
	assert_int_equal(start.start, 64 * MIB - 4096);
	assert_int_equal(layout_take(&l, 7 * MIB, PLACE_LIMIT, &initrd, &why),
			 0);
	assert_true(initrd.end <= start.start);
	assert_true(initrd.start >= 56 * MIB);
}

static void start_info_is_below_its_limit(void **state)
{
	struct range start;

	(void)state;
	layout_init(&l, 6 << 20);
	assert_int_equal(
		layout_take(&l, 3000, LAYOUT_START_LIMIT, &start, &why), 0);
	assert_int_equal(start.start, GIB - 4096);
}

static void kernel_that_does_not_fit(void **state)
{
	struct elf_image elf = kernel(16 * MIB, 104 * MIB);

	(void)state;
	layout_init(&l, 64 << 10);
	assert_int_equal(layout_take_kernel(&l, &elf, &why), -1);
	assert_string_equal(why.text, "needs 120 MiB, the guest has 64 MiB");

	layout_init(&l, 6 << 20);
	elf = kernel(0xf8000000, MIB);
	assert_int_equal(layout_take_kernel(&l, &elf, &why), -1);
	assert_non_null(strstr(why.text, "where guests have no memory"));

	elf = kernel(UINT64_MAX - MIB, MIB);
	assert_int_equal(layout_take_kernel(&l, &elf, &why), -1);
}

static void initrd_that_does_not_fit(void **state)
{
	struct range r;

	(void)state;
	layout_init(&l, 64 << 10);
	assert_int_equal(layout_take(&l, 80 * MIB, PLACE_LIMIT, &r, &why), -1);
	assert_string_equal(why.text, "no room for its 81920 KiB: the guest "
				      "has 64 MiB");
	layout_init(&l, 0);
	assert_int_equal(layout_take(&l, 1, PLACE_LIMIT, &r, &why), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_guest_is_all_low),
		cmocka_unit_test(large_guest_goes_on_at_4_gib),
		cmocka_unit_test(odd_sizes_lose_the_part_of_a_page),
		cmocka_unit_test(things_do_not_overlap),
		cmocka_unit_test(start_info_is_below_its_limit),
		cmocka_unit_test(kernel_that_does_not_fit),
		cmocka_unit_test(initrd_that_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
