/* SPDX-License-Identifier: MIT */
#include "virt/vdev/claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "fake.h"

struct device {
	uint64_t offset;
	unsigned int size;
	uint64_t written;
};

static uint64_t device_read(void *context, struct vcpu *v, uint64_t offset,
			    unsigned int size)
{
	struct device *dev = context;

	(void)v;
	dev->offset = offset;
	dev->size = size;
	return UINT64_C(0x1122334455667788);
}

static void device_write(void *context, struct vcpu *v, uint64_t offset,
			 unsigned int size, uint64_t value)
{
	struct device *dev = context;

	(void)v;
	dev->offset = offset;
	dev->size = size;
	dev->written = value;
}

static const struct claim_ops ops = { device_read, device_write };

static void test_add(void **state)
{
	static const struct {
		uint64_t start;
		uint64_t length;
		int result;
	} rows[] = {
		{ 0x1000, 0x100, 0 },
		{ 0x3000, 0x100, 0 },
		{ 0x2000, 0x100, 0 },
		{ 0x500, 0x10, 0 },
		{ 0x1000, 0x100, -XEN_EEXIST },
		{ 0x1080, 1, -XEN_EEXIST },
		{ 0xfff, 2, -XEN_EEXIST },
		{ 0, 0x10000, -XEN_EEXIST },
		{ 0x1100, 0x10, 0 },
		{ 0xff0, 0x10, 0 },
		{ 0x5000, 0, -XEN_EINVAL },
		{ ~UINT64_C(0) - 1, 4, -XEN_EINVAL },
		{ ~UINT64_C(0) - 8, 4, 0 },
	};
	struct claim_space s;

	(void)state;
	claim_space_init(&s);
	assert_null(claim_find(&s, 0x1000));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(claim_add(&s, rows[i].start, rows[i].length,
					   &ops, NULL),
				 rows[i].result);
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].result == 0) {
			const uint64_t end = rows[i].start + rows[i].length;

			assert_int_equal(claim_find(&s, rows[i].start)->start,
					 rows[i].start);
			assert_int_equal(claim_find(&s, end - 1)->start,
					 rows[i].start);
		}
	}
	assert_null(claim_find(&s, 0x4ff));
	assert_null(claim_find(&s, 0x510));
	assert_null(claim_find(&s, 0x2100));
	assert_null(claim_find(&s, 0));
	claim_space_destroy(&s);
	fake_quiesce();
}

static void test_remove(void **state)
{
	struct claim_space s;

	(void)state;
	claim_space_init(&s);
	claim_remove(&s, 0x1000);
	assert_int_equal(claim_add(&s, 0x1000, 0x100, &ops, NULL), 0);
	assert_int_equal(claim_add(&s, 0x2000, 0x100, &ops, NULL), 0);
	claim_remove(&s, 0x1001);
	assert_non_null(claim_find(&s, 0x1000));
	claim_remove(&s, 0x1000);
	assert_null(claim_find(&s, 0x1000));
	assert_non_null(claim_find(&s, 0x2000));
	/* The place is free again, also for another shape. */
	assert_int_equal(claim_add(&s, 0xf80, 0x100, &ops, NULL), 0);
	assert_int_equal(claim_find(&s, 0x1000)->start, 0xf80);
	assert_null(claim_find(&s, 0x1080));
	claim_space_destroy(&s);
	fake_quiesce();
}

static void test_no_memory(void **state)
{
	struct claim_space s;

	(void)state;
	claim_space_init(&s);
	assert_int_equal(claim_add(&s, 0, 8, &ops, NULL), 0);
	fake_alloc_fail_after(0);
	assert_int_equal(claim_add(&s, 8, 8, &ops, NULL), -XEN_ENOMEM);
	claim_remove(&s, 0); /* needs none */
	fake_alloc_fail_after(-1);
	assert_null(claim_find(&s, 0));
	claim_space_destroy(&s);
	fake_quiesce();
}

/* A replaced table is freed after a quiescent point, not before. */
static void test_old_tables(void **state)
{
	const struct claim *found;
	struct claim_space s;
	size_t before;

	(void)state;
	claim_space_init(&s);
	assert_int_equal(claim_add(&s, 0, 16, &ops, NULL), 0);
	found = claim_find(&s, 0);
	before = fake_alloc_bytes();
	assert_int_equal(claim_add(&s, 16, 16, &ops, NULL), 0);
	assert_int_equal(found->end, 16);
	assert_true(fake_alloc_bytes() > 2 * before);
	fake_quiesce();
	assert_true(fake_alloc_bytes() < 2 * before);
	claim_space_destroy(&s);
	assert_int_equal(fake_alloc_bytes(), 0);
}

static void test_access(void **state)
{
	struct device dev = { 0 };
	struct claim_space s;
	uint64_t value = 0;

	(void)state;
	claim_space_init(&s);
	assert_false(claim_read(&s, NULL, 0x1000, 4, &value));
	assert_int_equal(claim_add(&s, 0x1000, 0x10, &ops, &dev), 0);
	assert_true(claim_read(&s, NULL, 0x1004, 2, &value));
	assert_int_equal(value, 0x7788);
	assert_int_equal(dev.offset, 4);
	assert_int_equal(dev.size, 2);
	assert_true(claim_write(&s, NULL, 0x100f, 1, 0xabcd));
	assert_int_equal(dev.offset, 15);
	assert_int_equal(dev.written, 0xcd);
	assert_true(claim_read(&s, NULL, 0x1008, 8, &value));
	assert_int_equal(value, UINT64_C(0x1122334455667788));
	/* Over the end, or before the start. */
	assert_false(claim_read(&s, NULL, 0x100e, 4, &value));
	assert_false(claim_write(&s, NULL, 0x100e, 4, 0));
	assert_false(claim_write(&s, NULL, 0xffe, 4, 0));
	claim_remove(&s, 0x1000);
	assert_false(claim_write(&s, NULL, 0x1000, 4, 0));
	claim_space_destroy(&s);
	fake_quiesce();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_old_tables),
		cmocka_unit_test(test_access),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
