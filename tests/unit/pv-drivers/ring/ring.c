/* SPDX-License-Identifier: MIT */
#include "pv-drivers/ring/ring.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "pv-drivers/ring/ring_check.h"

#define ENTRY 112u

static _Alignas(64) uint8_t page[4096];
static struct ring_front front;
static struct ring_back back;

static int setup(void **state)
{
	(void)state;
	memset(page, 0, sizeof(page));
	ring_front_init(&front, page, sizeof(page), ENTRY);
	ring_back_attach(&back, page, sizeof(page), ENTRY);
	return 0;
}

/* The sizes that the public headers promise for one page and for more. */
static void test_entries(void **state)
{
	(void)state;
	assert_int_equal(ring_entries(4096, 112), 32);
	assert_int_equal(ring_entries(4096, 108), 32);
	assert_int_equal(ring_entries(16 * 4096, 112), 512);
	assert_int_equal(ring_entries(4096, 12), 256);
	assert_int_equal(ring_entries(4096, 4032), 1);
}

static void pass(uint32_t value)
{
	uint8_t request[ENTRY] = { 0 }, copy[ENTRY], response[4];
	uint32_t before, count, got;

	memcpy(request, &value, 4);
	ring_front_put(&front, request, ENTRY);
	ring_front_push(&front);
	assert_true(ring_back_pending(&back, &count));
	assert_int_equal(count, 1);
	ring_back_take(&back, copy);
	assert_memory_equal(copy, request, ENTRY);

	before = back.rsp_prod;
	ring_back_answer(&back, copy, 4);
	ring_back_push(&back, before);
	assert_true(ring_front_pending(&front, &count));
	assert_int_equal(count, 1);
	ring_front_take(&front, response, 4);
	memcpy(&got, response, 4);
	assert_int_equal(got, value);
}

static void test_there_and_back(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		pass(i * 7);
	}
}

/* Indices that pass 2^32 are as good as others. */
static void test_wrap(void **state)
{
	(void)state;
	front.req_prod = front.rsp_cons = UINT32_MAX - 5;
	front.ring.shared->req_prod = UINT32_MAX - 5;
	front.ring.shared->rsp_prod = UINT32_MAX - 5;
	ring_back_attach(&back, page, sizeof(page), ENTRY);
	for (uint32_t i = 0; i < 100; i++) {
		pass(i);
	}
}

static void test_bounds(void **state)
{
	uint8_t entry[ENTRY];
	uint32_t count;

	(void)state;
	front.ring.shared->req_prod = 32;
	assert_true(ring_back_pending(&back, &count));
	assert_int_equal(count, 32);
	front.ring.shared->req_prod = 33;
	assert_false(ring_back_pending(&back, &count));
	front.ring.shared->req_prod = UINT32_MAX;
	assert_false(ring_back_pending(&back, &count));

	front.ring.shared->req_prod = 2;
	ring_back_take(&back, entry);
	ring_back_take(&back, entry);
	front.ring.shared->req_prod = 1;
	assert_false(ring_back_pending(&back, &count));

	front.req_prod = 3;
	front.ring.shared->rsp_prod = 4;
	assert_false(ring_front_pending(&front, &count));
}

static void test_free_slots(void **state)
{
	uint8_t entry[ENTRY] = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 32; i++) {
		assert_int_equal(ring_front_free(&front), 32 - i);
		ring_front_put(&front, entry, ENTRY);
	}
	assert_int_equal(ring_front_free(&front), 0);
}

/* Each side hears of the first request or response after it rested. */
static void test_notify(void **state)
{
	uint8_t entry[ENTRY] = { 0 };

	(void)state;
	ring_front_put(&front, entry, ENTRY);
	assert_true(ring_front_push(&front));
	ring_front_put(&front, entry, ENTRY);
	assert_false(ring_front_push(&front));
	ring_back_take(&back, entry);
	ring_back_take(&back, entry);
	ring_back_rest(&back);
	ring_front_put(&front, entry, ENTRY);
	ring_front_put(&front, entry, ENTRY);
	assert_true(ring_front_push(&front));

	ring_back_answer(&back, entry, 16);
	assert_true(ring_back_push(&back, 0));
	ring_back_answer(&back, entry, 16);
	assert_false(ring_back_push(&back, 1));
	ring_front_take(&front, entry, 16);
	ring_front_take(&front, entry, 16);
	ring_front_rest(&front);
	ring_back_answer(&back, entry, 16);
	assert_true(ring_back_push(&back, 2));
}

static void test_range_ok(void **state)
{
	(void)state;
	assert_true(ring_range_ok(0, 0, 0));
	assert_true(ring_range_ok(0, 10, 10));
	assert_true(ring_range_ok(10, 0, 10));
	assert_false(ring_range_ok(1, 10, 10));
	assert_false(ring_range_ok(UINT64_MAX, 2, 10));
	assert_false(ring_range_ok(2, UINT64_MAX, 10));
	assert_false(ring_range_ok(2, UINT64_MAX - 1, UINT64_MAX));
	assert_true(ring_range_ok(1, UINT64_MAX - 1, UINT64_MAX));
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_entries),    TEST(test_there_and_back),
		TEST(test_wrap),       TEST(test_bounds),
		TEST(test_free_slots), TEST(test_notify),
		TEST(test_range_ok),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
