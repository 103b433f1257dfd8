/* SPDX-License-Identifier: MIT */
#include "arch/x86/percpu.h"
#include "call/call.h"
#include "domain/domain.h"
#include "domain/event.h"
#include "domain/vcpu.h"
#include "fake.h"
#include "fake_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ARG   0x10100 /* guest address of the argument */
#define PORTS 0x10200

static struct domain *d;
static struct vcpu *v;
static bool wide;

static int set_up(void **state)
{
	(void)state;
	fake_reset();
	fake_clock = 1000;
	fake_cpu = 0;
	wide = true;
	d = fake_domain_add(1, 2);
	watchdog_init(d);
	fake_domain_add_ram(d, 0x10, 1);
	if (fake_pcpus[0].timer == NULL) {
		assert_int_equal(timer_cpu_init(0), 0);
	}
	assert_int_equal(event_domain_init(d, 4096), 0);
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		poll_init(d->vcpus[i]);
	}
	v = d->vcpus[0];
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	timer_cancel(&v->poll_timer);
	timer_cancel(&d->watchdog);
	while (!event_close_some(d, 1000)) {
	}
	event_domain_destroy(d);
	fake_check_clean();
	fake_reset();
	return 0;
}

static long sched_op(uint32_t op, const void *arg, size_t size)
{
	struct call c = { .vcpu = v, .arg = { op, ARG }, .wide = wide };

	if (arg != NULL) {
		memcpy(fake_guest(d, ARG), arg, size);
	}
	return call_sched_op(&c);
}

static uint32_t new_port(void)
{
	struct evtchn_bind_ipi op = { .vcpu = 1 };

	assert_int_equal(event_bind_ipi(d, &op), 0);
	return op.port;
}

static long poll_for(uint32_t a, uint32_t b, uint64_t timeout)
{
	struct sched_poll op = { .nr_ports = 2, .timeout = timeout };
	uint32_t *ports = fake_guest(d, PORTS);

	op.ports.p = (void *)PORTS;
	ports[0] = a;
	ports[1] = b;
	return sched_op(SCHEDOP_poll, &op, sizeof(op));
}

static void test_yield_and_block(void **state)
{
	uint32_t work;

	(void)state;
	assert_int_equal(sched_op(SCHEDOP_yield, NULL, 0), 0);
	assert_true(v->yield);
	assert_int_equal(sched_op(SCHEDOP_block, NULL, 0), 0);
	assert_int_equal(v->wait, WAIT_HALT);
	fake_kicks(v, &work);
	assert_int_equal(work, WORK_EVENT);
	assert_int_equal(sched_op(SCHEDOP_pin_override, NULL, 0), -XEN_ENOSYS);
}

static void test_poll(void **state)
{
	const uint32_t a = new_port();
	const uint32_t b = new_port();
	const uint32_t other = new_port();

	(void)state;
	assert_int_equal(poll_for(a, b, 0), 0);
	assert_int_equal(v->wait, WAIT_POLL);
	fake_kicks(v, NULL);
	/* Another port makes it look, in vain. */
	event_send(d, other);
	assert_int_equal(fake_kicks(v, NULL), 1);
	assert_false(poll_is_over(v));
	/* Masked or not: any port of the list that becomes pending. */
	d->shared_info->evtchn_mask[0] = ~0ul;
	event_send(d, b);
	assert_int_equal(fake_kicks(v, NULL), 1);
	assert_true(poll_is_over(v));

	/* Pending already: no wait. */
	v->wait = WAIT_NOTHING;
	assert_int_equal(poll_for(a, b, 0), 0);
	assert_int_equal(v->wait, WAIT_NOTHING);
}

static void test_poll_timeout(void **state)
{
	const uint32_t a = new_port();

	(void)state;
	assert_int_equal(poll_for(a, a, 2000), 0);
	assert_int_equal(v->wait, WAIT_POLL);
	fake_kicks(v, NULL);
	timer_run();
	assert_false(poll_is_over(v));
	fake_clock = 2000;
	timer_run();
	assert_int_equal(fake_kicks(v, NULL), 1);
	assert_true(poll_is_over(v));

	/* The next one does not inherit it. */
	v->wait = WAIT_NOTHING;
	assert_int_equal(poll_for(a, a, 0), 0);
	assert_int_equal(v->wait, WAIT_POLL);
	assert_false(timer_is_armed(&v->poll_timer));
}

static void test_poll_arguments(void **state)
{
	struct sched_poll op = { .nr_ports = 129 };
	const uint32_t narrow[4] = { PORTS, 1, 3000, 0 };

	(void)state;
	op.ports.p = (void *)PORTS;
	assert_int_equal(sched_op(SCHEDOP_poll, &op, sizeof(op)), -XEN_EINVAL);
	assert_int_equal(poll_for(new_port(), 0xffffffff, 2000), -XEN_EINVAL);
	op.nr_ports = 1;
	op.ports.p = (void *)0x90000;
	assert_int_equal(sched_op(SCHEDOP_poll, &op, sizeof(op)), -XEN_EFAULT);
	assert_int_equal(v->wait, WAIT_NOTHING);

	wide = false;
	assert_int_equal(sched_op(SCHEDOP_poll, narrow, sizeof(narrow)), 0);
	assert_int_equal(v->wait, WAIT_POLL);
	assert_int_equal(v->poll_timer.deadline, 3000);
}

static void test_shutdown(void **state)
{
	struct sched_shutdown op = { .reason = SHUTDOWN_MAX + 1 };

	(void)state;
	assert_int_equal(sched_op(SCHEDOP_shutdown, &op, 4), -XEN_EINVAL);
	assert_int_equal(d->state, DOMAIN_RUNNING);
	op.reason = SHUTDOWN_reboot;
	assert_int_equal(sched_op(SCHEDOP_shutdown, &op, 4), 0);
	assert_int_equal(d->state, DOMAIN_SHUTDOWN);
	assert_int_equal(d->shutdown_reason, SHUTDOWN_reboot);
}

static void test_remote_shutdown(void **state)
{
	struct domain *other = fake_domain_add(2, 1);
	struct sched_remote_shutdown op = { .domain_id = 2 };

	(void)state;
	assert_int_equal(sched_op(SCHEDOP_remote_shutdown, &op, 8), -XEN_EPERM);
	assert_int_equal(other->state, DOMAIN_RUNNING);
	d->privileged = true;
	op.reason = SHUTDOWN_MAX + 1;
	assert_int_equal(sched_op(SCHEDOP_remote_shutdown, &op, 8),
			 -XEN_EINVAL);
	op.reason = SHUTDOWN_suspend;
	assert_int_equal(sched_op(SCHEDOP_remote_shutdown, &op, 8), 0);
	assert_int_equal(other->state, DOMAIN_SHUTDOWN);
	assert_int_equal(other->shutdown_reason, SHUTDOWN_suspend);
	op.domain_id = 1;
	assert_int_equal(sched_op(SCHEDOP_remote_shutdown, &op, 8),
			 -XEN_EINVAL);
	op.domain_id = 3;
	assert_int_equal(sched_op(SCHEDOP_remote_shutdown, &op, 8), -XEN_ESRCH);
	assert_int_equal(d->state, DOMAIN_RUNNING);
	fake_domain_remove(other);
}

static long watchdog(uint32_t id, uint32_t timeout)
{
	const struct sched_watchdog op = { .id = id, .timeout = timeout };

	return sched_op(SCHEDOP_watchdog, &op, sizeof(op));
}

static void test_watchdog(void **state)
{
	(void)state;
	assert_int_equal(watchdog(1, 5), -XEN_EINVAL);
	assert_int_equal(watchdog(0, 0), -XEN_EINVAL);
	assert_int_equal(watchdog(0, 10), 1);
	assert_int_equal(watchdog(0, 20), -XEN_ENOSPC);
	assert_int_equal(watchdog(2, 20), -XEN_EINVAL);
	assert_int_equal(watchdog(1, 0), 0);
	assert_int_equal(watchdog(1, 0), -XEN_EINVAL);
	assert_int_equal(watchdog(0, 10), 1);
	fake_clock += 9 * NSEC_PER_SEC;
	timer_run();
	assert_int_equal(watchdog(1, 10), 0);
	fake_clock += 9 * NSEC_PER_SEC;
	timer_run();
	assert_int_equal(d->state, DOMAIN_RUNNING);
	fake_clock += NSEC_PER_SEC;
	timer_run();
	assert_int_equal(d->state, DOMAIN_SHUTDOWN);
	assert_int_equal(d->shutdown_reason, SHUTDOWN_watchdog);
}

#define row(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_yield_and_block), row(test_poll),
		row(test_poll_timeout),    row(test_poll_arguments),
		row(test_shutdown),        row(test_watchdog),
		row(test_remote_shutdown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
