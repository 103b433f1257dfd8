/* SPDX-License-Identifier: MIT */
#include "svcvm/loader/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define MIB      (1ull << 20)
#define GIB      (1ull << 30)

#define RAM      XEN_HVM_MEMMAP_TYPE_RAM
#define RESERVED XEN_HVM_MEMMAP_TYPE_RESERVED

static const struct hvm_memmap_table_entry map[] = {
	{ 4 * GIB, 4 * GIB, RAM, 0 },
	{ 0, 0x9fc00, RAM, 0 },
	{ 0x9fc00, 0x60400, RESERVED, 0 },
	{ 64 * MIB, 64 * MIB, RAM, 0 }, /* joins the next */
	{ MIB, 63 * MIB, RAM, 0 },
	{ 32 * MIB, 0x800, RESERVED, 0 }, /* over RAM */
	{ 3 * GIB, 2 * MIB + 0x123, RAM, 0 },
	{ UINT64_MAX - 10, 100, RESERVED, 0 }, /* wraps */
};

static struct place place;

static int set_up(void **state)
{
	(void)state;
	place_init(&place, map, sizeof(map) / sizeof(map[0]));
	return 0;
}

static bool is_ram(uint64_t start, uint64_t size)
{
	return place_is_ram(&place, range_of(start, size));
}

static void test_is_ram(void **state)
{
	(void)state;
	assert_true(is_ram(0, 0x9fc00));
	assert_false(is_ram(0, 0x9fc01));
	assert_false(is_ram(0xfffff, 1));
	assert_true(is_ram(MIB, 31 * MIB));
	assert_false(is_ram(MIB, 31 * MIB + 1));
	assert_false(is_ram(32 * MIB + 0x7ff, 1));
	assert_true(is_ram(32 * MIB + 0x800, 96 * MIB - 0x800));
	assert_false(is_ram(127 * MIB, MIB + 1));
	assert_true(is_ram(4 * GIB, 4 * GIB));
	assert_false(is_ram(200 * MIB, 1));
	assert_false(is_ram(UINT64_MAX - 5, 2));
	assert_true(is_ram(200 * MIB, 0));
}

static void assert_found(uint64_t size, uint64_t limit, uint64_t start)
{
	struct range r;

	assert_true(place_find(&place, size, limit, &r));
	assert_int_equal(r.start, start);
	assert_int_equal(range_size(r), size);
}

static void test_find_highest(void **state)
{
	struct range r;

	(void)state;
	assert_found(0x1000, PLACE_LIMIT, 3 * GIB + 2 * MIB - 0x1000);
	assert_found(0x123, PLACE_LIMIT, 3 * GIB + 2 * MIB);
	assert_found(2 * MIB, PLACE_LIMIT, 3 * GIB);
	assert_found(3 * MIB, PLACE_LIMIT, 125 * MIB);
	assert_found(3 * MIB, 100 * MIB, 97 * MIB);
	assert_found(MIB, 33 * MIB, 31 * MIB); /* below the hole */
	assert_found(0x1000, 33 * MIB, 33 * MIB - 0x1000);
	assert_found(31 * MIB, 33 * MIB, MIB);
	assert_false(place_find(&place, 31 * MIB + 1, 33 * MIB, &r));
	assert_false(place_find(&place, 0x1000, MIB, &r)); /* too low */
	assert_false(place_find(&place, GIB, PLACE_LIMIT, &r));
	assert_false(place_find(&place, UINT64_MAX, PLACE_LIMIT, &r));
}

static void test_taken(void **state)
{
	const struct range top = range_of(3 * GIB, 3 * MIB);

	(void)state;
	place_take(&place, top);
	place_take(&place, range_of(120 * MIB, 4 * MIB + 1));
	place_take(&place, range_of(121 * MIB, MIB));
	assert_found(3 * MIB, PLACE_LIMIT, 125 * MIB);
	assert_found(4 * MIB, PLACE_LIMIT, 116 * MIB);
	assert_found(0x1000, 124 * MIB, 120 * MIB - 0x1000);
	place_release(&place, top);
	assert_found(2 * MIB, PLACE_LIMIT, 3 * GIB);
}

static void test_find_largest(void **state)
{
	struct range r;

	(void)state;
	r = place_find_largest(&place);
	assert_int_equal(r.start, 64 * MIB);
	assert_int_equal(r.end, 128 * MIB);

	place_take(&place, range_of(100 * MIB, 1));
	r = place_find_largest(&place);
	assert_int_equal(r.start, 64 * MIB);
	assert_int_equal(r.end, 100 * MIB);

	place_take(&place, range_of(70 * MIB - 1, 1));
	r = place_find_largest(&place);
	assert_int_equal(r.start, 32 * MIB + 0x1000);
	assert_int_equal(r.end, 64 * MIB);

	place_take(&place, range_of(0, 65 * MIB - 0x800));
	r = place_find_largest(&place);
	assert_int_equal(r.start, 70 * MIB);
	assert_int_equal(r.end, 100 * MIB);

	place_take(&place, range_of(0, PLACE_LIMIT));
	assert_int_equal(range_size(place_find_largest(&place)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_is_ram, set_up),
		cmocka_unit_test_setup(test_find_highest, set_up),
		cmocka_unit_test_setup(test_taken, set_up),
		cmocka_unit_test_setup(test_find_largest, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
