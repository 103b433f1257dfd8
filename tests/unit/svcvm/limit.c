/* SPDX-License-Identifier: MIT */
#include "svcvm/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS     1000000ull
#define SECOND 1000000000ull
#define START  (5 * SECOND)

static struct limit limit;

static int set_up(void **state)
{
	(void)state;
	limit_start(&limit, 1000, 1, START);
	return 0;
}

static void test_burst_passes(void **state)
{
	(void)state;
	assert_int_equal(limit_left(&limit, START), 1000);
	limit_take(&limit, 300);
	assert_int_equal(limit_left(&limit, START), 700);
	limit_take(&limit, 9999);
	assert_int_equal(limit_left(&limit, START), 0);
}

static void test_refills(void **state)
{
	(void)state;
	limit_take(&limit, 1000);
	assert_int_equal(limit_left(&limit, START + MS / 2), 0);
	assert_int_equal(limit_left(&limit, START + MS), 1);
	assert_int_equal(limit_left(&limit, START + 101 * MS), 101);
	assert_int_equal(limit_left(&limit, START + 900 * SECOND), 1000);
}

static void test_never_more_than_full(void **state)
{
	(void)state;
	limit_take(&limit, 10);
	assert_int_equal(limit_left(&limit, START + 500 * MS), 1000);
}

/* Who waits as long as it says has something to write then. */
static void test_wait(void **state)
{
	uint64_t wait;

	(void)state;
	assert_int_equal(limit_wait(&limit), 0);
	limit_take(&limit, 1000);
	wait = limit_wait(&limit);
	assert_in_range(wait, 250 * MS, 252 * MS);
	assert_in_range(limit_left(&limit, START + wait), 250, 252);
}

/* More than a second's is saved up, at the same rate. */
static void test_saved(void **state)
{
	(void)state;
	limit_start(&limit, 1000, 3, START);
	limit_take(&limit, 2900);
	assert_int_equal(limit_left(&limit, START + SECOND), 1100);
	assert_int_equal(limit_left(&limit, START + 3 * SECOND), 3000);
	limit_take(&limit, 3000);
	assert_in_range(limit_wait(&limit), 250 * MS, 252 * MS);
}

static void test_largest_rate(void **state)
{
	(void)state;
	limit_start(&limit, UINT32_MAX, 1, START);
	limit_take(&limit, UINT32_MAX);
	assert_int_equal(limit_left(&limit, START + SECOND - 1),
			 UINT32_MAX - 5);
	assert_int_equal(limit_left(&limit, UINT64_MAX), UINT32_MAX);
	limit_start(&limit, UINT32_MAX, LIMIT_SECONDS_MAX, START);
	limit_take(&limit, UINT64_MAX);
	assert_int_equal(
		limit_left(&limit, START + LIMIT_SECONDS_MAX * SECOND - 1),
		(uint64_t)LIMIT_SECONDS_MAX * UINT32_MAX - 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_burst_passes, set_up),
		cmocka_unit_test_setup(test_refills, set_up),
		cmocka_unit_test_setup(test_never_more_than_full, set_up),
		cmocka_unit_test_setup(test_wait, set_up),
		cmocka_unit_test_setup(test_saved, set_up),
		cmocka_unit_test_setup(test_largest_rate, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
