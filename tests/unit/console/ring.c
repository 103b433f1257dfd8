/* SPDX-License-Identifier: MIT */
#include "svcvm/console/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct xencons_interface page;
static struct ring ring;

static int set_up(void **state)
{
	(void)state;
	memset(&page, 0, sizeof(page));
	ring_open(&ring, &page);
	return 0;
}

/* What a guest does to print. */
static void print(const char *text)
{
	for (; *text != '\0'; text++) {
		page.out[page.out_prod++ % sizeof(page.out)] = *text;
	}
}

static void assert_output(const char *text)
{
	char found[RING_OUTPUT_SIZE];
	bool broken;
	size_t size = ring_peek(&ring, found, sizeof(found), &broken);

	assert_false(broken);
	assert_int_equal(size, strlen(text));
	assert_memory_equal(found, text, size);
}

static void test_output(void **state)
{
	char two[2];
	bool broken;

	(void)state;
	assert_output("");
	print("hello");
	assert_output("hello");
	assert_output("hello");
	assert_int_equal(page.out_cons, 0);
	assert_int_equal(ring_peek(&ring, two, 2, &broken), 2);
	ring_consume(&ring, 2);
	assert_int_equal(page.out_cons, 2);
	assert_output("llo");
}

static void test_output_wraps(void **state)
{
	(void)state;
	page.out_prod = page.out_cons = UINT32_MAX - 1;
	ring_open(&ring, &page);
	print("wrapped");
	assert_output("wrapped");
	ring_consume(&ring, 7);
	assert_int_equal(page.out_cons, 5);
	assert_output("");
}

static void test_output_full(void **state)
{
	char found[RING_OUTPUT_SIZE];
	bool broken;

	(void)state;
	page.out_prod = RING_OUTPUT_SIZE;
	assert_int_equal(ring_peek(&ring, found, sizeof(found), &broken),
			 RING_OUTPUT_SIZE);
	assert_false(broken);
}

static void test_output_broken(void **state)
{
	char found[RING_OUTPUT_SIZE];
	bool broken;

	(void)state;
	page.out_prod = RING_OUTPUT_SIZE + 1;
	assert_int_equal(ring_peek(&ring, found, sizeof(found), &broken), 0);
	assert_true(broken);
	print("good again");
	assert_output("good again");
}

/* Our index in the page is for show: a guest that changes it harms nobody. */
static void test_our_index_is_ours(void **state)
{
	(void)state;
	print("text");
	page.out_cons = 12345;
	assert_output("text");
	ring_consume(&ring, 4);
	assert_int_equal(page.out_cons, 4);
}

static void test_input(void **state)
{
	bool broken;

	(void)state;
	page.in_prod = page.in_cons = RING_INPUT_SIZE - 2;
	ring_open(&ring, &page);
	assert_int_equal(ring_space(&ring, &broken), RING_INPUT_SIZE);
	ring_put(&ring, "abcd", 4);
	assert_int_equal(page.in_prod, RING_INPUT_SIZE + 2);
	assert_memory_equal(page.in + RING_INPUT_SIZE - 2, "ab", 2);
	assert_memory_equal(page.in, "cd", 2);
	assert_int_equal(ring_space(&ring, &broken), RING_INPUT_SIZE - 4);
	page.in_cons += 3;
	assert_int_equal(ring_space(&ring, &broken), RING_INPUT_SIZE - 1);
	assert_false(broken);
}

static void test_input_broken(void **state)
{
	bool broken;

	(void)state;
	page.in_cons = 1;
	assert_int_equal(ring_space(&ring, &broken), RING_INPUT_SIZE);
	assert_true(broken);
	assert_int_equal(page.in_prod, 1);
	assert_int_equal(ring_space(&ring, &broken), RING_INPUT_SIZE);
	assert_false(broken);
}

/* Another daemon begins where this one ended. */
static void test_goes_on(void **state)
{
	struct ring other;
	bool broken;

	(void)state;
	print("old new");
	ring_consume(&ring, 4);
	ring_put(&ring, "xy", 2);
	ring_open(&other, &page);
	ring = other;
	assert_output("new");
	assert_int_equal(ring_space(&ring, &broken), RING_INPUT_SIZE - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_output, set_up),
		cmocka_unit_test_setup(test_output_wraps, set_up),
		cmocka_unit_test_setup(test_output_full, set_up),
		cmocka_unit_test_setup(test_output_broken, set_up),
		cmocka_unit_test_setup(test_our_index_is_ours, set_up),
		cmocka_unit_test_setup(test_input, set_up),
		cmocka_unit_test_setup(test_input_broken, set_up),
		cmocka_unit_test_setup(test_goes_on, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
