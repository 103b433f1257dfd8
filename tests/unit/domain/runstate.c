/* SPDX-License-Identifier: MIT */
#include "domain/runstate.h"
#include "fake.h"
#include "fake_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct domain *d;
static struct vcpu *v;

static int set_up(void **state)
{
	(void)state;
	fake_reset();
	fake_clock = 1000;
	fake_unmapped = false;
	d = fake_domain_add(1, 2);
	fake_domain_add_ram(d, 0x10, 4);
	v = d->vcpus[0];
	v->wait = WAIT_START;
	runstate_init(v);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_check_clean();
	fake_reset();
	return 0;
}

static void change(enum sched_state to, uint64_t after)
{
	fake_clock += after;
	sched_changed(&v->unit, to, fake_clock);
}

static void expect_times(uint64_t running, uint64_t runnable, uint64_t blocked,
			 uint64_t offline)
{
	struct vcpu_runstate_info info;

	runstate_get(v, &info);
	assert_int_equal(info.time[RUNSTATE_running], running);
	assert_int_equal(info.time[RUNSTATE_runnable], runnable);
	assert_int_equal(info.time[RUNSTATE_blocked], blocked);
	assert_int_equal(info.time[RUNSTATE_offline], offline);
	/* The sum does not drift from system time. */
	assert_int_equal(running + runnable + blocked + offline,
			 fake_clock - 1000);
}

static void test_times(void **state)
{
	(void)state;
	fake_clock += 10;
	expect_times(0, 0, 0, 10);
	v->wait = WAIT_NOTHING;
	change(SCHED_RUNNABLE, 10);
	change(SCHED_RUNNING, 100);
	expect_times(0, 100, 0, 20);
	v->wait = WAIT_HALT;
	change(SCHED_BLOCKED, 1000);
	fake_clock += 5;
	expect_times(1000, 100, 5, 20);
	change(SCHED_RUNNABLE, 0);
	v->unit.paused = 1;
	change(SCHED_RUNNABLE, 7); /* paused: offline from now on */
	fake_clock += 3;
	expect_times(1000, 107, 5, 23);
	v->unit.paused = 0;
}

/* A time that another CPU read a little too early. */
static void test_clock_behind(void **state)
{
	(void)state;
	change(SCHED_RUNNING, 50);
	sched_changed(&v->unit, SCHED_RUNNABLE, fake_clock - 20);
	expect_times(0, 0, 0, 50);
}

static void test_area(void **state)
{
	struct vcpu_runstate_info *info = fake_guest(d, 0x10040);

	(void)state;
	runstate_set_area(v, v, 0x10040, false);
	assert_int_equal(info->state, RUNSTATE_offline);
	assert_int_equal(info->state_entry_time, 1000);
	v->work = 0;
	change(SCHED_RUNNING, 50);
	assert_int_equal(v->work, WORK_RUNSTATE);
	runstate_write(v);
	assert_int_equal(info->state, RUNSTATE_running);
	assert_int_equal(info->state_entry_time, 1050);
	assert_int_equal(info->time[RUNSTATE_offline], 50);
	runstate_set_area(v, v, 0, false);
	change(SCHED_RUNNABLE, 50);
	runstate_write(v);
	assert_int_equal(info->state, RUNSTATE_running);
}

/* Crosses a page anywhere, with and without the update flag. */
static void test_two_pages(void **state)
{
	struct vcpu_runstate_info info;

	(void)state;
	for (uint64_t at = 0x11000 - 48; at <= 0x11000; at++) {
		d->runstate_update_flag = at % 2 == 0;
		runstate_set_area(v, v, at, false);
		change(SCHED_RUNNING, 50);
		change(SCHED_RUNNABLE, 50);
		runstate_write(v);
		assert_int_equal(fake_guest_read(d, &info, gaddr(at), 48), 0);
		assert_int_equal(info.state, RUNSTATE_runnable);
		assert_int_equal(info.state_entry_time, fake_clock);
		assert_int_equal(info.time[0], v->runstate.time[0]);
		assert_int_equal(info.time[3], 50);
	}
	runstate_set_area(v, v, 0, false);
}

static void test_narrow(void **state)
{
	uint32_t *words = fake_guest(d, 0x10000);

	(void)state;
	memset(words, 0xee, 64);
	d->runstate_update_flag = true;
	runstate_set_area(v, v, 0x10000, true);
	change(SCHED_RUNNING, 50);
	runstate_write(v);
	assert_int_equal(words[0], RUNSTATE_running);
	assert_int_equal(words[1], 1050);
	assert_int_equal(words[2], 0);
	assert_int_equal(words[9], 50); /* time[3], low half */
	assert_int_equal(words[11], 0xeeeeeeee);
	runstate_set_area(v, v, 0, false);
}

/* The page tables of user space do not map it: written later, or by frame. */
static void test_unmapped(void **state)
{
	struct vcpu_runstate_info *info = fake_guest(d, 0x10000);

	(void)state;
	fake_unmapped = true;
	runstate_set_area(v, v, 0x10000, false);
	change(SCHED_RUNNING, 50);
	runstate_write(v);
	assert_int_equal(info->state_entry_time, 0);
	fake_unmapped = false;
	runstate_write(v);
	assert_int_equal(info->state_entry_time, 1050);
	fake_unmapped = true;
	change(SCHED_RUNNABLE, 50);
	runstate_write(v);
	assert_int_equal(info->state_entry_time, 1100);
	runstate_set_area(v, v, 0, false);
}

/* Frames are held while registered; only own RAM will do. */
static void test_frames(void **state)
{
	const mfn_t first = p2m_lookup(d, gfn(0x10), NULL);
	const mfn_t second = p2m_lookup(d, gfn(0x11), NULL);

	(void)state;
	runstate_set_area(v, v, 0x10ff0, false);
	assert_int_equal(fake_frame_refs(first), 2);
	assert_int_equal(fake_frame_refs(second), 2);
	runstate_set_area(v, v, 0x13ff0, false); /* nothing behind it */
	assert_int_equal(fake_frame_refs(first), 1);
	assert_int_equal(fake_frame_refs(second), 1);
	assert_int_equal(fake_frame_refs(p2m_lookup(d, gfn(0x13), NULL)), 1);
	runstate_write(v);
	runstate_set_area(v, v, UINT64_MAX - 4, false);
	runstate_set_area(v, v, 0, false);
}

#define row(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_times),     row(test_clock_behind), row(test_area),
		row(test_two_pages), row(test_narrow),       row(test_unmapped),
		row(test_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
