/* SPDX-License-Identifier: MIT */
/* Time stands still but for fake_vm_pass(); timers are the real ones. */
#include "virt/vdev/vlapic_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "arch/x86/percpu.h"
#include "core/clock.h"
#include "virt/vm.h"

#define APIC_EOI     0xb0
#define APIC_LVT     0x320
#define APIC_INITIAL 0x380
#define APIC_CURRENT 0x390
#define APIC_DIVIDE  0x3e0

#define BY_1         0xb
#define BY_2         0x0

#define VECTOR       0x40
#define ONE_SHOT     VECTOR
#define PERIODIC     (0x20000 | VECTOR)
#define MASKED       0x10000

#define MSEC         1000000u

static struct fake_vm vm;
static struct vcpu *v; /* the one under test */

static int set_up(void **state)
{
	(void)state;
	fake_vm_create_guest(&vm, 1);
	v = vm.v[0];
	fake_vm_enable_apic(v);
	fake_apic_write(v, APIC_DIVIDE, BY_1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_vm_destroy(&vm);
	assert_int_equal(timer_next(), UINT64_MAX);
	return 0;
}

/* True when the timer's interrupt came; serves it. */
static bool ticked(void)
{
	const int vector = vlapic_pending(v);

	if (vector < 0) {
		return false;
	}
	assert_int_equal(vector, VECTOR);
	vlapic_accept(v, VECTOR);
	fake_apic_write(v, APIC_EOI, 0);
	return true;
}

static uint32_t current(void)
{
	return fake_apic_read(v, APIC_CURRENT);
}

static void start(uint32_t lvt, uint32_t count)
{
	fake_apic_write(v, APIC_LVT, lvt);
	fake_apic_write(v, APIC_INITIAL, count);
}

static void test_one_shot(void **state)
{
	(void)state;
	start(ONE_SHOT, 1000);
	assert_int_equal(current(), 1000);
	fake_vm_pass(400);
	assert_int_equal(current(), 600);
	fake_vm_pass(599);
	assert_int_equal(current(), 1);
	assert_false(ticked());
	fake_vm_pass(1);
	assert_int_equal(current(), 0);
	assert_true(ticked());
	assert_int_equal(fake_vm_work(v), WORK_LAPIC);
	fake_vm_pass(100000);
	assert_int_equal(current(), 0);
	assert_false(ticked());
	assert_int_equal(fake_apic_read(v, APIC_INITIAL), 1000);
}

static void test_dividers(void **state)
{
	static const struct {
		uint32_t divide;
		uint64_t by;
	} rows[] = {
		{ 0x0, 2 },  { 0x1, 4 },  { 0x2, 8 },   { 0x3, 16 },
		{ 0x8, 32 }, { 0x9, 64 }, { 0xa, 128 }, { 0xb, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fake_apic_write(v, APIC_DIVIDE, rows[i].divide);
		start(ONE_SHOT, 0xffffffff);
		assert_int_equal(current(), 0xffffffff);
		fake_vm_pass(rows[i].by * 16);
		assert_int_equal(current(), 0xffffffef);
		fake_vm_pass(rows[i].by * 0xffffffef - 1);
		assert_int_equal(current(), 1);
		assert_false(ticked());
		fake_vm_pass(1);
		assert_true(ticked());
	}
}

static void test_periodic(void **state)
{
	(void)state;
	start(PERIODIC, MSEC);
	for (int i = 0; i < 5; i++) {
		fake_vm_pass(MSEC - 1);
		assert_false(ticked());
		assert_int_equal(current(), 1);
		fake_vm_pass(1);
		assert_true(ticked());
		assert_int_equal(current(), MSEC);
	}
	/* Run late: one tick, then again at multiples of the period. */
	fake_vm_pass(3 * MSEC + 200);
	assert_true(ticked());
	assert_false(ticked());
	assert_int_equal(current(), MSEC - 200);
	fake_vm_pass(MSEC - 200);
	assert_true(ticked());
	fake_apic_write(v, APIC_INITIAL, 0);
	assert_int_equal(current(), 0);
	fake_vm_pass(2 * MSEC);
	assert_false(ticked());
}

/* A period of some nanoseconds must not keep the pCPU busy. */
static void test_short_period(void **state)
{
	unsigned int ticks = 0;

	(void)state;
	start(PERIODIC, 1);
	for (int i = 0; i < 1000; i++) {
		fake_vm_pass(10000);
		ticks += ticked();
	}
	assert_in_range(ticks, 50, 100);
}

static void test_mask(void **state)
{
	(void)state;
	start(ONE_SHOT | MASKED, 1000);
	assert_int_equal(timer_next(), UINT64_MAX); /* nothing to do */
	fake_vm_pass(400);
	assert_int_equal(current(), 600);
	fake_apic_write(v, APIC_LVT, ONE_SHOT);
	fake_vm_pass(600);
	assert_true(ticked());
	/* An expiry behind the mask is lost. */
	start(ONE_SHOT | MASKED, 1000);
	fake_vm_pass(2000);
	fake_apic_write(v, APIC_LVT, ONE_SHOT);
	fake_vm_pass(2000);
	assert_false(ticked());
	/* A period goes on behind it. */
	start(PERIODIC, MSEC);
	fake_apic_write(v, APIC_LVT, PERIODIC | MASKED);
	fake_vm_pass(10 * MSEC + 1);
	assert_false(ticked());
	fake_apic_write(v, APIC_LVT, PERIODIC);
	fake_vm_pass(MSEC - 2);
	assert_false(ticked());
	fake_vm_pass(1);
	assert_true(ticked());
}

static void test_change_of_mode(void **state)
{
	(void)state;
	start(PERIODIC, MSEC);
	fake_vm_pass(3 * MSEC + MSEC / 4);
	assert_true(ticked());
	fake_apic_write(v, APIC_LVT, ONE_SHOT);
	assert_int_equal(current(), MSEC / 4 * 3);
	fake_vm_pass(MSEC / 4 * 3);
	assert_true(ticked());
	fake_vm_pass(5 * MSEC);
	assert_false(ticked());
	/* An expired count does not come back to life. */
	fake_apic_write(v, APIC_LVT, PERIODIC);
	assert_int_equal(current(), 0);
	fake_vm_pass(5 * MSEC);
	assert_false(ticked());
	/* From one-shot to periodic before the end. */
	start(ONE_SHOT, MSEC);
	fake_vm_pass(MSEC / 2);
	fake_apic_write(v, APIC_LVT, PERIODIC);
	fake_vm_pass(MSEC / 2);
	assert_true(ticked());
	fake_vm_pass(MSEC);
	assert_true(ticked());
}

static void test_change_of_divider(void **state)
{
	(void)state;
	start(ONE_SHOT, 1000);
	fake_vm_pass(400);
	fake_apic_write(v, APIC_DIVIDE, BY_2);
	assert_int_equal(current(), 600);
	fake_vm_pass(1199);
	assert_false(ticked());
	fake_vm_pass(1);
	assert_true(ticked());
	fake_apic_write(v, APIC_DIVIDE, BY_1);
	assert_int_equal(current(), 0);
	fake_vm_pass(5000);
	assert_false(ticked());
}

/* An expiry that the run loop has not got to is not lost when the guest writes
 * a register of the timer. */
static void test_late_expiry(void **state)
{
	static const uint32_t offsets[] = { APIC_LVT, APIC_DIVIDE,
					    APIC_INITIAL };
	static const uint32_t values[] = { ONE_SHOT, BY_2, 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		start(ONE_SHOT, 1000);
		fake_now += 2000;
		fake_apic_write(v, offsets[i], values[i]);
		assert_true(ticked());
		fake_vm_pass(10000);
		assert_false(ticked());
	}
}

static void test_vector_is_read_late(void **state)
{
	(void)state;
	start(0x77, 1000);
	fake_apic_write(v, APIC_LVT, ONE_SHOT);
	fake_vm_pass(1000);
	assert_true(ticked());
}

/* The vCPU may be elsewhere when its timer fires. */
static void test_other_cpus(void **state)
{
	(void)state;
	start(PERIODIC, MSEC);
	fake_cpu = 3;
	fake_vm_pass(MSEC);
	assert_true(ticked());
	fake_cpu = 5;
	fake_apic_write(v, APIC_INITIAL, 2 * MSEC);
	assert_int_equal(timer_next(), fake_now + 2 * MSEC);
	fake_vm_pass(2 * MSEC);
	assert_true(ticked());
	fake_apic_write(v, APIC_INITIAL, 0);
	assert_int_equal(timer_next(), UINT64_MAX);
	fake_cpu = 0;
}

static void test_reset_stops(void **state)
{
	(void)state;
	start(PERIODIC, MSEC);
	vlapic_reset(v);
	assert_int_equal(timer_next(), UINT64_MAX);
	fake_vm_enable_apic(v);
	start(PERIODIC, MSEC);
	fake_apic_write(v, 0xf0, 0xff);
	assert_int_equal(timer_next(), UINT64_MAX);
	fake_vm_enable_apic(v);
	fake_vm_pass(2 * MSEC);
	assert_false(ticked());
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_shot),
		TEST(test_dividers),
		TEST(test_periodic),
		TEST(test_short_period),
		TEST(test_mask),
		TEST(test_change_of_mode),
		TEST(test_change_of_divider),
		TEST(test_late_expiry),
		TEST(test_vector_is_read_late),
		TEST(test_other_cpus),
		TEST(test_reset_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
