/* SPDX-License-Identifier: MIT */
#include "core/pcpu_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "arch/x86/hooks.h"
#include "arch/x86/lapic.h"
#include "arch/x86/percpu.h"
#include "arch/x86/traps.h"
#include "core/clock.h"
#include "core/timer.h"

/* Three pCPUs; pCPU 1 is the one that gets stuck, pCPU 0 watches it. */
#define CPUS 3u

static struct timer *timers[CPUS];
static unsigned int nmis[CPUS];

uint64_t clock_now(void)
{
	return 0;
}

void timer_init(struct timer *t, void (*fire)(struct timer *t))
{
	t->fire = fire;
}

void timer_set(struct timer *t, uint64_t deadline)
{
	(void)t;
	assert_int_equal(deadline, NSEC_PER_SEC);
}

void timer_migrate(struct timer *t, unsigned int cpu)
{
	timers[cpu] = t;
}

void lapic_send(uint32_t apic_id, uint32_t message)
{
	assert_int_equal(message, LAPIC_NMI);
	nmis[apic_id / 2]++;
}

void panic(const char *fmt, ...)
{
	(void)fmt;
	mock_assert(0, "panic", __FILE__, __LINE__);
	abort();
}

void panic_at(const struct trap_frame *f, const char *fmt, ...)
{
	(void)f;
	(void)fmt;
	mock_assert(0, "panic_at", __FILE__, __LINE__);
	abort();
}

void log_print(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

static void tick(unsigned int cpu)
{
	fake_cpu = cpu;
	timers[cpu]->fire(timers[cpu]);
}

/* A second in which pCPU 1 does not run its timer. */
static void second(void)
{
	tick(0);
	tick(2);
}

static int set_up(void **state)
{
	(void)state;
	pcpu_count = CPUS;
	for (unsigned int i = 0; i < CPUS; i++) {
		fake_pcpus[i].resting = 0;
		nmis[i] = 0;
	}
	pcpu_watch_start();
	for (unsigned int i = 0; i < CPUS; i++) {
		tick(i);
	}
	tick(0); /* it has now seen the tick of pCPU 1 */
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(timers[0]); /* the first field of the table */
	return 0;
}

static void test_stuck(void **state)
{
	const struct trap_frame f = { .rip = 1 };

	(void)state;
	for (unsigned int i = 1; i < PCPU_WATCH_LIMIT; i++) {
		second();
		assert_int_equal(nmis[1], 0);
	}
	second();
	assert_int_equal(nmis[1], 1);
	assert_int_equal(nmis[0] + nmis[2], 0);
	fake_cpu = 1;
	expect_assert_failure(pcpu_watch_nmi(&f));
}

/* The NMI is asked for once; who takes none makes the watcher panic. */
static void test_deaf(void **state)
{
	(void)state;
	for (unsigned int i = 1; i < 2 * PCPU_WATCH_LIMIT; i++) {
		second();
	}
	assert_int_equal(nmis[1], 1);
	expect_assert_failure(tick(0));
}

static void test_back_to_life(void **state)
{
	const struct trap_frame f = { .rip = 1 };

	(void)state;
	for (unsigned int i = 0; i < PCPU_WATCH_LIMIT; i++) {
		second();
	}
	fake_pcpus[1].passes++;
	fake_cpu = 1;
	assert_true(pcpu_watch_nmi(&f));
	/* The next one is not the watchdog's. */
	assert_false(pcpu_watch_nmi(&f));
}

/* Guest mode and idle, passes, own ticks and touches are signs of life. */
static void test_alive(void **state)
{
	(void)state;
	fake_pcpus[1].resting = 1;
	for (unsigned int i = 0; i < 3 * PCPU_WATCH_LIMIT; i++) {
		second();
	}
	fake_pcpus[1].resting = 0;
	for (unsigned int i = 0; i < 3 * PCPU_WATCH_LIMIT; i++) {
		second();
		fake_pcpus[1].passes += i % 4 == 0;
	}
	for (unsigned int i = 0; i < 3 * PCPU_WATCH_LIMIT; i++) {
		second();
		fake_cpu = 1;
		pcpu_watch_touch();
	}
	assert_int_equal(nmis[1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_stuck, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deaf, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_back_to_life, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_alive, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
