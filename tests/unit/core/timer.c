/* SPDX-License-Identifier: MIT */
#include "core/timer.h"
#include "arch/x86/percpu.h"
#include "arch/x86/spinlock.h"
#include "core/clock.h"
#include "core/sched.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t now;
static unsigned int kicked[FAKE_CPUS];

uint64_t clock_now(void)
{
	return __atomic_load_n(&now, __ATOMIC_RELAXED);
}

void smp_kick(unsigned int cpu)
{
	kicked[cpu]++;
}

static struct timer timers[100];
static unsigned int fired[100];

static void count(struct timer *t)
{
	fired[t - timers]++;
}

static int set_up(void **state)
{
	(void)state;
	now = 1000;
	for (unsigned int i = 0; i < FAKE_CPUS; i++) {
		free(fake_pcpus[i].timer);
		assert_int_equal(timer_cpu_init(i), 0);
		kicked[i] = 0;
	}
	for (unsigned int i = 0; i < 100; i++) {
		timer_init(&timers[i], count);
		fired[i] = 0;
	}
	fake_cpu = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(fake_locks_held(), 0);
	return 0;
}

static void test_order(void **state)
{
	(void)state;
	assert_int_equal(timer_next(), UINT64_MAX);
	assert_false(timer_run());
	timer_set(&timers[0], 3000);
	timer_set(&timers[1], 2000);
	timer_set(&timers[2], 500); /* in the past: due at once */
	assert_int_equal(timer_next(), 500);
	assert_false(timer_run());
	assert_int_equal(fired[2], 1);
	assert_false(timer_is_armed(&timers[2]));
	assert_int_equal(timer_next(), 2000);
	now = 2000;
	timer_run();
	assert_int_equal(fired[1], 1);
	assert_int_equal(fired[0], 0);
	timer_set(&timers[0], UINT64_MAX);
	now = INT64_MAX - 1;
	timer_run();
	assert_int_equal(fired[0], 0);
}

/* Setting again moves; cancelling forgets. */
static void test_set_again(void **state)
{
	(void)state;
	timer_set(&timers[0], 2000);
	timer_set(&timers[0], 5000);
	assert_int_equal(timer_next(), 5000);
	assert_int_equal(timers[0].deadline, 5000);
	timer_cancel(&timers[0]);
	assert_int_equal(timer_next(), UINT64_MAX);
	timer_stop(&timers[0]);
	now = 6000;
	timer_run();
	assert_int_equal(fired[0], 0);
}

static void test_budget(void **state)
{
	unsigned int total = 0;

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		timer_set(&timers[i], 1000 + i);
	}
	now = 2000;
	assert_true(timer_run());
	for (unsigned int i = 0; i < 100; i++) {
		total += fired[i];
	}
	assert_int_equal(total, 64);
	assert_false(timer_run());
	for (unsigned int i = 0; i < 100; i++) {
		assert_int_equal(fired[i], 1);
	}
}

static void test_cpus(void **state)
{
	(void)state;
	timer_set(&timers[0], 2000);
	timer_set(&timers[1], 3000);
	timer_migrate(&timers[0], 3);
	assert_int_equal(kicked[3], 1);
	timer_migrate(&timers[1], 3); /* not the first there: no kick */
	assert_int_equal(kicked[3], 1);
	timer_migrate(&timers[2], 3); /* not armed: stays so */
	assert_false(timer_is_armed(&timers[2]));
	assert_int_equal(timer_next(), UINT64_MAX);
	now = 2500;
	timer_run();
	assert_int_equal(fired[0], 0);
	fake_cpu = 3;
	timer_run();
	assert_int_equal(fired[0], 1);
	fake_cpu = 1;
	timer_set(&timers[1], 4000);
	assert_int_equal(timer_next(), 4000);
	fake_cpu = 3;
	assert_int_equal(timer_next(), UINT64_MAX);
}

static void again(struct timer *t)
{
	count(t);
	timer_set(t, clock_now() + 10);
}

static void cancel_self(struct timer *t)
{
	count(t);
	timer_set(t, clock_now() + 10);
	timer_cancel(t);
}

static void test_from_handler(void **state)
{
	(void)state;
	timers[0].fire = again;
	timers[1].fire = cancel_self;
	timer_set(&timers[0], 1000);
	timer_set(&timers[1], 1000);
	assert_false(timer_run());
	assert_int_equal(timer_next(), 1010);
	assert_false(timer_is_armed(&timers[1]));
	now = 1010;
	timer_run();
	assert_int_equal(fired[0], 2);
	assert_int_equal(fired[1], 1);
}

#define ROUNDS 3000

static bool dead; /* after timer_cancel() no handler may run */
static bool stop;

static void busy_again(struct timer *t)
{
	assert_false(__atomic_load_n(&dead, __ATOMIC_ACQUIRE));
	timer_set(t, 0);
	assert_false(__atomic_load_n(&dead, __ATOMIC_ACQUIRE));
}

static void *run_cpu(void *arg)
{
	fake_cpu = (unsigned int)(uintptr_t)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		timer_run();
	}
	return NULL;
}

/* Two CPUs arm and fire one timer, a third cancels it. */
static void test_cancel_race(void **state)
{
	pthread_t threads[2];

	(void)state;
	timers[0].fire = busy_again;
	for (uintptr_t i = 0; i < 2; i++) {
		pthread_create(&threads[i], NULL, run_cpu, (void *)(i + 1));
	}
	for (unsigned int i = 0; i < ROUNDS; i++) {
		__atomic_store_n(&dead, false, __ATOMIC_RELEASE);
		timer_set(&timers[0], 0);
		timer_migrate(&timers[0], 1 + i % 2);
		timer_migrate(&timers[0], 2 - i % 2);
		timer_cancel(&timers[0]);
		__atomic_store_n(&dead, true, __ATOMIC_RELEASE);
		assert_false(timer_is_armed(&timers[0]));
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_set_again, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_budget, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cpus, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_from_handler, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_cancel_race, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
