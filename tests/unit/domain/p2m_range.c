/* SPDX-License-Identifier: MIT */
/* Walks over nested tables made by hand: four levels, leaves at three. */
#include "domain/p2m_range.h"

#include "domain/domain.h"
#include "domain/p2m_format.h"
#include "domain/p2m_table.h"
#include "mm/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PRESENT 1u
#define TABLES  16

static const struct p2m_format format = { .present = PRESENT };
const struct p2m_format *p2m_format = &format;

static uint64_t tables[TABLES][512] __attribute__((aligned(4096)));
static unsigned int used;
static struct domain d;

maddr_t p2m_root(const struct domain *domain)
{
	(void)domain;
	return virt_to_maddr(tables[0]);
}

static int setup(void **state)
{
	(void)state;
	memset(tables, 0, sizeof(tables));
	used = 1;
	return 0;
}

/* A leaf of 2^order frames, or a table without entries with `leaf` false. */
static uint64_t *place(uint64_t g, unsigned int order, bool leaf)
{
	uint64_t *table = tables[0];

	for (unsigned int shift = 27;; shift -= 9) {
		uint64_t *e = &table[(g >> shift) & 511];

		if (shift == order && leaf) {
			*e = PRESENT | (order > 0 ? P2M_LARGE : 0);
			return e;
		}
		if (*e == 0) {
			assert_true(used < TABLES);
			*e = virt_to_maddr(tables[used++]).v | PRESENT;
		}
		if (shift == order) {
			return e;
		}
		table = maddr_to_virt(maddr(*e & P2M_ADDR));
	}
}

static bool empty(uint64_t g, unsigned int order)
{
	return p2m_range_is_empty(&d, gfn(g), order);
}

static void test_nothing(void **state)
{
	(void)state;
	assert_true(empty(0, 0));
	assert_true(empty(0, P2M_ORDER_1G));
	assert_true(empty(UINT64_C(1) << 36, 0));
	assert_int_equal(p2m_range_last(&d).v, GFN_NONE.v);
}

static void test_small(void **state)
{
	(void)state;
	place(0x12345, 0, true);
	assert_false(empty(0x12345, 0));
	assert_true(empty(0x12344, 0));
	assert_false(empty(0x12344, 1));
	assert_true(empty(0x12346, 1));
	assert_false(empty(0x12200, P2M_ORDER_2M));
	assert_true(empty(0x12400, P2M_ORDER_2M));
	assert_false(empty(0x12000, 12));
	assert_false(empty(0, P2M_ORDER_1G));
	assert_true(empty(1u << 18, P2M_ORDER_1G));
	assert_int_equal(p2m_range_last(&d).v, 0x12345);
}

/* Everything inside a large page is taken. */
static void test_large(void **state)
{
	(void)state;
	place(0x400, 9, true);
	assert_false(empty(0x400, 0));
	assert_false(empty(0x5ff, 0));
	assert_true(empty(0x600, 0));
	assert_false(empty(0x480, 7));
	assert_false(empty(0, P2M_ORDER_1G));
	assert_int_equal(p2m_range_last(&d).v, 0x5ff);
	place(2u << 18, 18, true);
	assert_false(empty((2u << 18) + 77, 0));
	assert_int_equal(p2m_range_last(&d).v, (3u << 18) - 1);
}

/* Tables whose entries have all gone. */
static void test_empty_tables(void **state)
{
	(void)state;
	place(5, 0, true);
	*place(0x80005, 0, true) = 0;
	place(0x100000, 9, false);
	assert_true(empty(0x80000, P2M_ORDER_2M));
	assert_true(empty(0x80000, P2M_ORDER_1G));
	assert_true(empty(0x100000, P2M_ORDER_1G));
	assert_int_equal(p2m_range_last(&d).v, 5);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
		TEST(test_small),
		TEST(test_large),
		TEST(test_empty_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
