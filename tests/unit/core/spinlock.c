/* SPDX-License-Identifier: MIT */
#include "arch/x86/spinlock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "arch/x86/hooks.h"
#include "arch/x86/percpu.h"
#include "core/panic.h"

static bool panicking;

void panic(const char *fmt, ...)
{
	(void)fmt;
	mock_assert(0, "panic", __FILE__, __LINE__);
	abort();
}

bool panic_is_under_way(void)
{
	return panicking;
}

static struct spinlock domain = SPINLOCK_INIT(LOCK_DOMAIN);
static struct spinlock p2m = SPINLOCK_INIT(LOCK_P2M);
static struct spinlock other_p2m = SPINLOCK_INIT(LOCK_P2M);
static struct spinlock events = SPINLOCK_INIT(LOCK_EVENT);
static struct spinlock nameless;

static int set_up(void **state)
{
	(void)state;
	panicking = false;
	pcpu_count = FAKE_CPUS;
	fake_cpu = 0;
	fake_pcpus[0].lock_depth = 0;
	fake_pcpus[1].lock_depth = 0;
	return 0;
}

static void test_upwards(void **state)
{
	(void)state;
	spinlock_check_take(&domain);
	spinlock_check_take(&p2m);
	spinlock_check_take(&events);
	assert_int_equal(fake_pcpus[0].lock_depth, 3);
	spinlock_check_drop(&events);
	spinlock_check_drop(&p2m);
	spinlock_check_drop(&domain);
	assert_int_equal(fake_pcpus[0].lock_depth, 0);
}

static void test_downwards(void **state)
{
	(void)state;
	spinlock_check_take(&p2m);
	expect_assert_failure(spinlock_check_take(&domain));
}

/* Dropped in another order, the rest is still known. */
static void test_order_of_drops(void **state)
{
	(void)state;
	spinlock_check_take(&domain);
	spinlock_check_take(&p2m);
	spinlock_check_take(&events);
	spinlock_check_drop(&domain);
	expect_assert_failure(spinlock_check_take(&p2m));
	spinlock_check_drop(&events);
	expect_assert_failure(spinlock_check_take(&domain));
	spinlock_check_drop(&p2m);
	spinlock_check_take(&domain);
}

static void test_equal_ranks(void **state)
{
	(void)state;
	spinlock_check_take(&p2m);
	expect_assert_failure(spinlock_check_take(&other_p2m));
	assert_int_equal(fake_pcpus[0].lock_depth, 1);
}

static void test_not_held(void **state)
{
	(void)state;
	expect_assert_failure(spinlock_check_drop(&p2m));
	expect_assert_failure(spinlock_check_take(&nameless));
}

static void test_each_cpu_its_own(void **state)
{
	(void)state;
	spinlock_check_take(&p2m);
	fake_cpu = 1;
	spinlock_check_take(&domain);
	spinlock_check_drop(&domain);
	fake_cpu = 0;
	spinlock_check_drop(&p2m);
}

static void test_too_many(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < ARRAY_SIZE(fake_pcpus[0].locks); i++) {
		struct spinlock l = SPINLOCK_INIT(i + 1);

		spinlock_check_take(&l);
	}
	expect_assert_failure(spinlock_check_take(&events));
}

/* Before the first CPU has its area, and once a report is being written. */
static void test_no_checks(void **state)
{
	(void)state;
	pcpu_count = 0;
	spinlock_check_take(&p2m);
	spinlock_check_take(&domain);
	pcpu_count = FAKE_CPUS;
	panicking = true;
	spinlock_check_take(&p2m);
	spinlock_check_take(&domain);
	spinlock_check_drop(&events);
	assert_int_equal(fake_pcpus[0].lock_depth, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_upwards, set_up),
		cmocka_unit_test_setup(test_downwards, set_up),
		cmocka_unit_test_setup(test_order_of_drops, set_up),
		cmocka_unit_test_setup(test_equal_ranks, set_up),
		cmocka_unit_test_setup(test_not_held, set_up),
		cmocka_unit_test_setup(test_each_cpu_its_own, set_up),
		cmocka_unit_test_setup(test_too_many, set_up),
		cmocka_unit_test_setup(test_no_checks, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
