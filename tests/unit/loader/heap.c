/* SPDX-License-Identifier: MIT */
#include "svcvm/loader/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static uint8_t area[1024] __attribute__((aligned(16)));

static void test_alignment(void **state)
{
	(void)state;
	heap_set_area(area + 3, 100);
	assert_ptr_equal(heap_alloc(1), area + 16);
	assert_ptr_equal(heap_alloc(17), area + 32);
	assert_ptr_equal(heap_alloc(32), area + 64);
	assert_null(heap_alloc(1));
}

static void test_end(void **state)
{
	(void)state;
	heap_set_area(area, 100);
	assert_null(heap_alloc(97)); /* nothing in the last, broken unit */
	assert_null(heap_alloc(SIZE_MAX));
	assert_ptr_equal(heap_alloc(96), area);
	heap_set_area(area + 1, 3);
	assert_null(heap_alloc(1));
	heap_set_area(NULL, 0);
	assert_null(heap_alloc(1));
}

static void test_reuse(void **state)
{
	void *first;
	void *second;

	(void)state;
	heap_set_area(area, sizeof(area));
	first = heap_alloc(100);
	second = heap_alloc(100);
	heap_free(NULL);
	heap_free(first); /* not the last: stays */
	heap_free(second);
	heap_free(second);
	assert_ptr_equal(heap_alloc(200), second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_reuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
