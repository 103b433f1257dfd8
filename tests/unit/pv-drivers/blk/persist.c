/* SPDX-License-Identifier: MIT */
#include "pv-drivers/blk/persist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pv-drivers/env/env.h"
#include "pv-drivers/env/fake.h"

#define LIMIT 4u
#define COUNT 64u

static struct env *env;
static struct persist *persist;
static uint8_t *pages;
static uint32_t refs[COUNT];

static int setup(void **state)
{
	(void)state;
	env = env_open();
	pages = env_pages(env, COUNT);
	for (unsigned int i = 0; i < COUNT; i++) {
		refs[i] = (uint32_t)env_grant(env, 0, pages + i * ENV_PAGE_SIZE,
					      true);
		memcpy(pages + i * ENV_PAGE_SIZE, &i, sizeof(i));
	}
	persist = persist_open(env, FAKE_GUEST, LIMIT);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	persist_close(persist);
	assert_int_equal(fake_counts(env).maps, 0);
	env_close(env);
	return 0;
}

static void check_page(unsigned int i)
{
	const void *page = persist_page(persist, refs[i]);

	assert_non_null(page);
	assert_memory_equal(page, &i, sizeof(i));
}

static void test_stays_mapped(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < 5; round++) {
		for (unsigned int i = 0; i < LIMIT; i++) {
			check_page(i);
		}
	}
	assert_int_equal(fake_counts(env).map_calls, LIMIT);
}

/* The page unused longest goes. */
static void test_makes_room(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < LIMIT; i++) {
		check_page(i);
	}
	check_page(0);
	check_page(10); /* takes the place of 1 */
	assert_int_equal(fake_counts(env).maps, LIMIT);
	assert_int_equal(fake_counts(env).map_calls, LIMIT + 1);
	check_page(0);
	check_page(2);
	check_page(3);
	assert_int_equal(fake_counts(env).map_calls, LIMIT + 1);
	check_page(1);
	assert_int_equal(fake_counts(env).map_calls, LIMIT + 2);
	assert_int_equal(env_revoke(env, refs[10]), 0);
}

static void test_bad_reference(void **state)
{
	(void)state;
	check_page(0);
	assert_null(persist_page(persist, UINT32_MAX));
	assert_null(persist_page(persist, 3));
	check_page(0);
	assert_int_equal(fake_counts(env).maps, 1);
}

static void test_any_order(void **state)
{
	uint32_t seed = 3;

	(void)state;
	for (unsigned int i = 0; i < 5000; i++) {
		seed = seed * 1664525u + 1013904223u;
		check_page(seed >> 26);
		assert_in_range(fake_counts(env).maps, 1, LIMIT);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_stays_mapped),
		TEST(test_makes_room),
		TEST(test_bad_reference),
		TEST(test_any_order),
	};

	return cmocka_run_group_tests_name("blk/persist", tests, NULL, NULL);
}
