/* SPDX-License-Identifier: MIT */
#include "virt/vdev/vlapic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "fake.h"
#include "virt/vm.h"

#define APIC_TPR       0x80
#define APIC_PPR       0xa0
#define APIC_EOI       0xb0
#define APIC_SVR       0xf0
#define APIC_ISR       0x100
#define APIC_TMR       0x180
#define APIC_IRR       0x200
#define APIC_LVT_LINT0 0x350

static struct fake_vm vm;
static struct vcpu *v; /* the one under test */

static int set_up(void **state)
{
	(void)state;
	fake_vm_create_guest(&vm, 2);
	v = vm.v[0];
	fake_vm_enable_apic(v);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_vm_destroy(&vm);
	return 0;
}

static bool bit_of(uint32_t set, uint8_t vector)
{
	return fake_apic_read(v, set + vector / 32 * 16) >> vector % 32 & 1;
}

static void take(uint8_t vector)
{
	assert_int_equal(vlapic_pending(v), vector);
	vlapic_accept(v, vector);
}

/* One vector through request, service and end, at the edges of all words. */
static void test_one_interrupt(void **state)
{
	static const uint8_t vectors[] = { 16,  31,  32,  63,  64,  127,
					   128, 191, 192, 223, 224, 255 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		const uint8_t vector = vectors[i];

		assert_int_equal(vlapic_pending(v), -1);
		assert_true(vlapic_set_irq(v, vector, false));
		assert_int_equal(fake_vm_work(v), WORK_LAPIC);
		assert_true(bit_of(APIC_IRR, vector));
		assert_false(bit_of(APIC_TMR, vector));
		take(vector);
		assert_false(bit_of(APIC_IRR, vector));
		assert_true(bit_of(APIC_ISR, vector));
		assert_int_equal(fake_apic_read(v, APIC_PPR), vector & 0xf0);
		fake_apic_write(v, APIC_EOI, 0);
		assert_false(bit_of(APIC_ISR, vector));
		assert_int_equal(fake_apic_read(v, APIC_PPR), 0);
	}
	fake_apic_write(v, APIC_EOI, 0); /* nothing in service */
}

/* A request that is there already needs no second kick. */
static void test_kick_once(void **state)
{
	(void)state;
	assert_true(vlapic_set_irq(v, 0x40, false));
	assert_int_equal(fake_vm_work(v), WORK_LAPIC);
	assert_true(vlapic_set_irq(v, 0x40, false));
	assert_int_equal(fake_vm_work(v), 0);
	vlapic_accept(v, 0x40);
	assert_true(vlapic_set_irq(v, 0x40, false));
	assert_int_equal(fake_vm_work(v), WORK_LAPIC);
}

static void test_not_accepted(void **state)
{
	uint64_t base;

	(void)state;
	for (uint8_t vector = 0; vector < 16; vector++) {
		assert_false(vlapic_set_irq(v, vector, false));
	}
	assert_int_equal(fake_vm_work(v), 0);
	fake_apic_write(v, APIC_SVR, 0xff);
	assert_false(vlapic_set_irq(v, 0x40, false));
	fake_vm_enable_apic(v);
	assert_int_equal(vlapic_msr_read(v, 0x1b, &base), 0);
	assert_int_equal(vlapic_msr_write(v, 0x1b, base & ~BIT(11)), 0);
	assert_false(vlapic_set_irq(v, 0x40, false));
	assert_int_equal(vlapic_pending(v), -1);
}

/* Which request gets through, by TPR and what is in service. */
static void test_priorities(void **state)
{
	static const struct {
		uint8_t tpr;
		uint8_t served; /* 0: none */
		uint8_t request;
		uint8_t ppr;
		bool passes;
	} rows[] = {
		{ 0x00, 0x00, 0x10, 0x00, true },
		{ 0x0f, 0x00, 0x1f, 0x0f, true },
		{ 0x10, 0x00, 0x1f, 0x10, false },
		{ 0x1f, 0x00, 0x20, 0x1f, true },
		{ 0x45, 0x00, 0x4f, 0x45, false },
		{ 0x45, 0x00, 0x50, 0x45, true },
		{ 0x00, 0x41, 0x4f, 0x40, false },
		{ 0x00, 0x41, 0x50, 0x40, true },
		{ 0x3f, 0x41, 0x50, 0x40, true },
		{ 0x42, 0x41, 0x50, 0x42, true },
		{ 0x55, 0x41, 0x50, 0x55, false },
		{ 0xf0, 0x00, 0xff, 0xf0, false },
		{ 0xef, 0x00, 0xff, 0xef, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		vlapic_reset(v);
		fake_vm_enable_apic(v);
		if (rows[i].served != 0) {
			assert_true(vlapic_set_irq(v, rows[i].served, false));
			vlapic_accept(v, rows[i].served);
		}
		fake_apic_write(v, APIC_TPR, rows[i].tpr);
		assert_true(vlapic_set_irq(v, rows[i].request, false));
		assert_int_equal(fake_apic_read(v, APIC_PPR), rows[i].ppr);
		assert_int_equal(vlapic_requested(v), rows[i].request);
		assert_int_equal(vlapic_pending(v),
				 rows[i].passes ? rows[i].request : -1);
	}
}

/* Nested service: ends come in reverse order, and let the next through. */
static void test_nesting(void **state)
{
	(void)state;
	vlapic_set_irq(v, 0x31, false);
	take(0x31);
	vlapic_set_irq(v, 0x81, false);
	vlapic_set_irq(v, 0x52, false);
	vlapic_set_irq(v, 0x32, false);
	take(0x81);
	assert_int_equal(vlapic_pending(v), -1);
	fake_vm_work(v);
	fake_apic_write(v, APIC_EOI, 0);
	assert_int_equal(fake_vm_work(v), WORK_LAPIC);
	take(0x52);
	fake_apic_write(v, APIC_EOI, 0);
	/* 0x32 has the class of 0x31, which is still in service. */
	assert_int_equal(vlapic_pending(v), -1);
	assert_int_equal(fake_vm_work(v), 0);
	fake_apic_write(v, APIC_EOI, 0);
	take(0x32);
}

static void test_cr8(void **state)
{
	(void)state;
	vlapic_set_tpr(v, 5);
	assert_int_equal(fake_apic_read(v, APIC_TPR), 0x50);
	assert_int_equal(vlapic_get_tpr(v), 5);
	fake_apic_write(v, APIC_TPR, 0x67);
	assert_int_equal(vlapic_get_tpr(v), 6);
	vlapic_set_tpr(v, 6); /* brought back by the run loop: no change */
	assert_int_equal(fake_apic_read(v, APIC_TPR), 0x67);
	vlapic_set_irq(v, 0x60, false);
	fake_vm_work(v);
	assert_int_equal(vlapic_pending(v), -1);
	vlapic_set_tpr(v, 5);
	assert_int_equal(fake_vm_work(v), WORK_LAPIC);
	take(0x60);
}

/* TMR follows the last request of the vector. */
static void test_trigger_mode(void **state)
{
	(void)state;
	vlapic_set_irq(v, 0x41, true);
	assert_true(bit_of(APIC_TMR, 0x41));
	take(0x41);
	fake_apic_write(v, APIC_EOI, 0);
	vlapic_set_irq(v, 0x41, false);
	assert_false(bit_of(APIC_TMR, 0x41));
}

static void test_init_reset(void **state)
{
	uint64_t base;

	(void)state;
	fake_vm_enter_x2apic(v);
	vlapic_set_irq(v, 0x41, true);
	vlapic_set_irq(v, 0x51, false);
	take(0x51);
	vlapic_set_tpr(v, 3);
	vlapic_reset(v);
	assert_false(vlapic_has_window(v)); /* INIT leaves the mode */
	assert_int_equal(vlapic_pending(v), -1);
	assert_int_equal(vlapic_requested(v), -1);
	assert_int_equal(vlapic_get_tpr(v), 0);
	assert_false(bit_of(APIC_ISR, 0x51));
	assert_false(bit_of(APIC_TMR, 0x41));
	assert_int_equal(fake_apic_read(v, APIC_SVR), 0xff);
	assert_int_equal(fake_apic_read(v, APIC_LVT_LINT0), 0x10000);
	assert_int_equal(vlapic_msr_read(v, 0x1b, &base), 0);
	assert_int_equal(base, 0xfee00d00);
	assert_int_equal(vlapic_msr_read(vm.v[1], 0x1b, &base), 0);
	assert_int_equal(base, 0xfee00800);
}

static void test_create(void **state)
{
	struct vcpu other = { .id = 3, .domain = vm.d };

	(void)state;
	fake_alloc_fail_after(0);
	assert_int_equal(vlapic_create(&other), -XEN_ENOMEM);
	fake_alloc_fail_after(-1);
	assert_null(other.lapic);
	vlapic_destroy(&other);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_interrupt), TEST(test_kick_once),
		TEST(test_not_accepted),  TEST(test_priorities),
		TEST(test_nesting),       TEST(test_cr8),
		TEST(test_trigger_mode),  TEST(test_init_reset),
		TEST(test_create),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
