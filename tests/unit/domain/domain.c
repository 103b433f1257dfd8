/* SPDX-License-Identifier: MIT */
/*
 * vCPUs of one domain that stand still alone, and a domain that goes on after it
 * has suspended itself. Its life as a whole is in domain/teardown.c.
 */
#include "domain/domain.h"

#include "arch/x86/percpu.h"
#include "domain/vcpu.h"
#include "fake.h"
#include "fake_clock.h"
#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct domain *d;

void guest_discard(struct domain *gone)
{
	domain_discard(gone);
}

/* Two vCPUs that want to run, in a domain that is paused once. */
static int set_up(void **state)
{
	const struct domain_config config = {
		.id = 5,
		.vcpus = 2,
		.event_ports = 1024,
		.grant_frames = 4,
		.grant_mappings = 300,
	};

	(void)state;
	fake_memory_reset();
	fake_alloc_fail_after(-1);
	if (domain_create(&config, &d) != 0 || domain_pause(d) != 0) {
		return -1;
	}
	d->vcpus[0]->wait = WAIT_NOTHING;
	d->vcpus[1]->wait = WAIT_NOTHING;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	domain_discard(d);
	return 0;
}

/* Whom the pCPU would run first; all that want to are put back, blocked. NULL:
 * nobody. */
static struct vcpu *next(void)
{
	struct sched_unit *const first = sched_switch(NULL, false, false).unit;
	struct sched_unit *u = first;

	while (u != NULL) {
		struct sched_unit *const other =
			sched_switch(u, true, false).unit;

		sched_put_done(u);
		u = other;
	}
	return first == NULL ? NULL : container_of(first, struct vcpu, unit);
}

static void test_one_stays(void **state)
{
	(void)state;
	assert_int_equal(domain_pause_vcpu(d->vcpus[0]), 0);
	assert_int_equal(domain_unpause(d), 0);
	assert_ptr_equal(next(), d->vcpus[1]);
	assert_null(next());
	assert_int_equal(domain_unpause_vcpu(d->vcpus[0]), -XEN_EBUSY);
	assert_int_equal(domain_pause(d), 0);
	assert_int_equal(domain_unpause_vcpu(d->vcpus[0]), 0);
	assert_int_equal(domain_unpause_vcpu(d->vcpus[0]), -XEN_EINVAL);
	assert_null(next());
	d->vcpus[1]->wait = WAIT_HALT;
	assert_int_equal(domain_unpause(d), 0);
	assert_ptr_equal(next(), d->vcpus[0]);
	assert_int_equal(domain_pause_vcpu(d->vcpus[0]), -XEN_EBUSY);
}

static void test_pauses_of_one_have_a_limit(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 255; i++) {
		assert_int_equal(domain_pause_vcpu(d->vcpus[0]), 0);
	}
	assert_int_equal(domain_pause_vcpu(d->vcpus[0]), -XEN_EOVERFLOW);
}

/* As virt/deliver.c does it. */
static void park(struct vcpu *v)
{
	v->wait_before = v->wait;
	vcpu_set_wait(v, WAIT_STOPPED);
	domain_vcpu_stopped(d);
}

static void test_resume(void **state)
{
	(void)state;
	d->vcpus[1]->wait = WAIT_DOWN;
	assert_int_equal(domain_unpause(d), 0);
	assert_ptr_equal(next(), d->vcpus[0]);
	assert_int_equal(domain_resume(d), -XEN_EINVAL);
	domain_shutdown(d, SHUTDOWN_suspend);
	park(d->vcpus[0]);
	park(d->vcpus[1]);
	assert_int_equal(domain_resume(d), 0);
	assert_int_equal(d->state, DOMAIN_RUNNING);
	assert_int_equal(d->vcpus[0]->wait, WAIT_NOTHING);
	assert_int_equal(d->vcpus[1]->wait, WAIT_DOWN);
	assert_non_null(next());
	assert_int_equal(domain_resume(d), -XEN_EINVAL);
	assert_int_equal(d->pause_count, 0);
}

/* One that was paused before it came to be parked was never away. */
static void test_resume_before_it_was_parked(void **state)
{
	(void)state;
	domain_shutdown(d, SHUTDOWN_suspend);
	assert_int_equal(domain_resume(d), 0);
	assert_int_equal(d->vcpus[0]->wait, WAIT_NOTHING);
	assert_int_equal(d->pause_count, 1);
}

static void test_a_crash_is_no_suspend(void **state)
{
	(void)state;
	domain_shutdown(d, SHUTDOWN_crash);
	assert_int_equal(domain_resume(d), -XEN_EINVAL);
	assert_int_equal(d->state, DOMAIN_SHUTDOWN);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static int start(void **state)
{
	(void)state;
	pcpu_count = 1;
	return timer_cpu_init(0) != 0 || sched_cpu_init(0) != 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_stays),
		TEST(test_pauses_of_one_have_a_limit),
		TEST(test_resume),
		TEST(test_resume_before_it_was_parked),
		TEST(test_a_crash_is_no_suspend),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
