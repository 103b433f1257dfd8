/* SPDX-License-Identifier: MIT */
#include "core/quiesce.h"
#include "core/clock.h"
#include "core/sched.h"
#include "core/timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t now;
static unsigned int done;

uint64_t clock_now(void)
{
	return now;
}

void smp_kick(unsigned int cpu)
{
	(void)cpu;
}

static void count(struct quiesce_item *item)
{
	assert_true(list_is_empty(&item->link));
	done++;
}

static int set_up(void **state)
{
	(void)state;
	done = 0;
	fake_cpu = 0;
	for (unsigned int i = 0; i < FAKE_CPUS; i++) {
		free(fake_pcpus[i].timer);
		assert_int_equal(timer_cpu_init(i), 0);
		fake_pcpus[i].resting = i != 0;
	}
	return 0;
}

static void pass_on(unsigned int cpu)
{
	fake_cpu = cpu;
	quiesce_rest_begin();
	quiesce_rest_end();
	fake_cpu = 0;
}

/* Everybody else rests: the next poll is enough. */
static void test_all_rest(void **state)
{
	struct quiesce_item item;

	(void)state;
	quiesce_poll();
	quiesce_defer(&item, count);
	assert_int_equal(done, 0);
	quiesce_poll();
	assert_int_equal(done, 1);
	quiesce_poll();
	assert_int_equal(done, 1);
	assert_int_equal(timer_next(), UINT64_MAX);
}

/* Busy pCPUs are waited for; a pass between two looks counts. */
static void test_busy(void **state)
{
	struct quiesce_item item;

	(void)state;
	fake_pcpus[2].resting = 0;
	fake_pcpus[5].resting = 0;
	quiesce_defer(&item, count);
	quiesce_poll();
	quiesce_poll();
	assert_int_equal(done, 0);
	/* Comes back to look again. */
	assert_int_not_equal(timer_next(), UINT64_MAX);
	pass_on(2);
	quiesce_poll();
	assert_int_equal(done, 0);
	fake_pcpus[5].resting = 1;
	quiesce_poll();
	assert_int_equal(done, 1);
}

/* A pass before the item was deferred does not count. */
static void test_old_pass(void **state)
{
	struct quiesce_item first;
	struct quiesce_item second;

	(void)state;
	fake_pcpus[2].resting = 0;
	quiesce_defer(&first, count);
	quiesce_poll();
	pass_on(2);
	quiesce_defer(&second, count);
	quiesce_poll();
	assert_int_equal(done, 1);
	quiesce_poll();
	assert_int_equal(done, 1);
	pass_on(2);
	quiesce_poll();
	assert_int_equal(done, 2);
}

static struct quiesce_item own;

static void again(struct quiesce_item *item)
{
	if (++done < 3) {
		quiesce_defer(item, again);
	}
}

static void test_defer_again(void **state)
{
	(void)state;
	quiesce_defer(&own, again);
	for (unsigned int i = 1; i <= 3; i++) {
		quiesce_poll();
		assert_int_equal(done, i);
	}
}

static void test_budget(void **state)
{
	static struct quiesce_item items[100];

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		quiesce_defer(&items[i], count);
	}
	quiesce_poll();
	assert_int_equal(done, 64);
	quiesce_poll();
	assert_int_equal(done, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_all_rest, set_up),
		cmocka_unit_test_setup(test_busy, set_up),
		cmocka_unit_test_setup(test_old_pass, set_up),
		cmocka_unit_test_setup(test_defer_again, set_up),
		cmocka_unit_test_setup(test_budget, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
