/* SPDX-License-Identifier: MIT */
/* APICBASE and the x2APIC registers. */
#include "virt/vdev/vlapic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "virt/vm.h"

#define OFF    0x000u
#define XAPIC  0x800u
#define X2APIC 0xc00u

static struct fake_vm vm;
static struct vcpu *v; /* the one under test */

static int set_up(void **state)
{
	(void)state;
	fake_vm_create_guest(&vm, 16);
	v = vm.v[1];
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_vm_destroy(&vm);
	return 0;
}

static int set_base(uint64_t value)
{
	return vlapic_msr_write(v, 0x1b, value);
}

static uint64_t get_base(void)
{
	uint64_t value;

	assert_int_equal(vlapic_msr_read(v, 0x1b, &value), 0);
	return value;
}

/* Brings a fresh APIC to a mode by permitted steps. */
static void enter(uint32_t mode)
{
	assert_int_equal(set_base(0xfee00000), 0);
	assert_int_equal(set_base(0xfee00800), 0);
	if (mode != XAPIC) {
		assert_int_equal(set_base(0xfee00000 | mode), 0);
	}
	assert_int_equal(get_base(), 0xfee00000 | mode);
}

static void test_modes(void **state)
{
	static const struct {
		uint32_t from;
		uint32_t to;
		int result;
	} rows[] = {
		{ OFF, OFF, 0 },       { OFF, XAPIC, 0 },
		{ OFF, X2APIC, -1 },   { OFF, 0x400, -1 },
		{ XAPIC, OFF, 0 },     { XAPIC, XAPIC, 0 },
		{ XAPIC, X2APIC, 0 },  { XAPIC, 0x400, -1 },
		{ X2APIC, OFF, 0 },    { X2APIC, XAPIC, -1 },
		{ X2APIC, X2APIC, 0 }, { X2APIC, 0x400, -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enter(rows[i].from);
		assert_int_equal(set_base(0xfee00000 | rows[i].to),
				 rows[i].result);
		assert_int_equal(get_base() & 0xc00, rows[i].result == 0
							     ? rows[i].to
							     : rows[i].from);
		assert_int_equal(vlapic_is_enabled(v),
				 (get_base() & XAPIC) != 0);
		assert_int_equal(vlapic_has_window(v),
				 (get_base() & X2APIC) == XAPIC);
	}
}

static void test_base_bits(void **state)
{
	static const uint64_t bad[] = { BIT(0), BIT(7), BIT(9), BIT(52),
					BIT(63) };
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(set_base(0xfee00800 | bad[i]), -1);
	}
	/* The page stays where it is, the boot processor's bit too. */
	assert_int_equal(set_base(0x123456800), 0);
	assert_int_equal(get_base(), 0xfee00800);
	assert_int_equal(set_base(0xfee00900), 0);
	assert_int_equal(get_base(), 0xfee00800);
	assert_int_equal(vlapic_msr_write(vm.v[0], 0x1b, 0xfee00800), 0);
	assert_int_equal(vlapic_msr_read(vm.v[0], 0x1b, &value), 0);
	assert_int_equal(value, 0xfee00900);
}

/* Disabling loses all state; switching to x2APIC keeps it. */
static void test_state_over_modes(void **state)
{
	uint64_t value;

	(void)state;
	fake_vm_enable_apic(v);
	vlapic_set_irq(v, 0x41, false);
	fake_apic_write(v, 0x310, 0x07000000);
	assert_int_equal(set_base(0xfee00c00), 0);
	assert_int_equal(vlapic_pending(v), 0x41);
	assert_int_equal(vlapic_msr_read(v, 0x830, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(vlapic_msr_read(v, 0x80f, &value), 0);
	assert_int_equal(value, 0x1ff);
	assert_int_equal(set_base(0xfee00000), 0);
	assert_int_equal(vlapic_pending(v), -1);
	assert_int_equal(set_base(0xfee00800), 0);
	assert_int_equal(fake_apic_read(v, 0xf0), 0xff);
}

static void test_no_msrs_in_xapic(void **state)
{
	uint64_t value;

	(void)state;
	for (uint32_t msr = 0x800; msr < 0x900; msr++) {
		assert_int_equal(vlapic_msr_read(v, msr, &value), -1);
		assert_int_equal(vlapic_msr_write(v, msr, 0), -1);
	}
}

/* What each register takes: a good value, a reserved bit. */
static void test_access(void **state)
{
	static const struct {
		uint32_t msr;
		uint32_t value; /* read after power-on */
		uint64_t good;
		uint64_t bad;
		char access; /* r, w, b(oth) */
	} rows[] = {
		{ 0x802, 2, 0, 0, 'r' },
		{ 0x803, 0x50014, 0, 0, 'r' },
		{ 0x808, 0, 0, BIT(8), 'b' },
		{ 0x80a, 0, 0, 0, 'r' },
		{ 0x80b, 0, 0, BIT(0), 'w' },
		{ 0x80d, 0x4, 0, 0, 'r' },
		{ 0x80f, 0xff, 0x1fe, BIT(12), 'b' },
		{ 0x810, 0, 0, 0, 'r' },
		{ 0x817, 0, 0, 0, 'r' },
		{ 0x818, 0, 0, 0, 'r' },
		{ 0x827, 0, 0, 0, 'r' },
		{ 0x828, 0, 0, BIT(5), 'b' },
		{ 0x830, 0, 0x4041, BIT(20), 'b' },
		{ 0x832, 0x10000, 0x10041, BIT(18), 'b' },
		{ 0x833, 0x10000, 0x10041, BIT(13), 'b' },
		{ 0x834, 0x10000, 0x10041, BIT(15), 'b' },
		{ 0x835, 0x10000, 0x1a741, BIT(11), 'b' },
		{ 0x836, 0x10000, 0x15400, BIT(17), 'b' },
		{ 0x837, 0x10000, 0x10041, BIT(8), 'b' },
		{ 0x838, 0, 0, BIT(32), 'b' },
		{ 0x839, 0, 0, 0, 'r' },
		{ 0x83e, 0, 0xb, BIT(2), 'b' },
		{ 0x83f, 0, 0x20, BIT(8), 'w' },
	};

	size_t row = 0;
	uint64_t value;

	(void)state;
	assert_int_equal(set_base(0xfee00c00), 0);
	for (uint32_t msr = 0x800; msr < 0x900; msr++) {
		const bool listed =
			row < ARRAY_SIZE(rows) && rows[row].msr == msr;
		const bool middle = (msr > 0x810 && msr < 0x817) ||
				    (msr > 0x818 && msr < 0x827);

		if (middle) {
			continue;
		}
		assert_int_equal(vlapic_msr_read(v, msr, &value),
				 listed && rows[row].access != 'w' ? 0 : -1);
		if (listed && rows[row].access != 'w') {
			assert_int_equal(value, rows[row].value);
		}
		if (!listed || rows[row].access == 'r') {
			assert_int_equal(vlapic_msr_write(v, msr, 0), -1);
		} else {
			const uint64_t good = rows[row].good;

			assert_int_equal(vlapic_msr_write(v, msr, good), 0);
			assert_int_equal(
				vlapic_msr_write(v, msr, good | rows[row].bad),
				-1);
			if (msr != 0x830) {
				assert_int_equal(
					vlapic_msr_write(v, msr,
							 good | BIT(63)),
					-1);
			}
		}
		row += listed;
	}
	assert_int_equal(row, ARRAY_SIZE(rows));
}

static void test_logical_id(void **state)
{
	uint64_t value;

	(void)state;
	fake_vm_enter_x2apic(vm.v[9]); /* id 18 */
	assert_int_equal(vlapic_msr_read(vm.v[9], 0x80d, &value), 0);
	assert_int_equal(value, 1 << 16 | 1 << 2);
}

static void test_self_ipi(void **state)
{
	(void)state;
	fake_vm_enable_apic(v);
	assert_int_equal(set_base(0xfee00c00), 0);
	assert_int_equal(vlapic_msr_write(v, 0x83f, 0x77), 0);
	assert_int_equal(vlapic_pending(v), 0x77);
	assert_int_equal(vlapic_msr_write(v, 0x83f, 0x0f), 0);
}

static void test_icr_is_one_register(void **state)
{
	uint64_t value;

	(void)state;
	fake_vm_enable_apic(vm.v[3]);
	assert_int_equal(set_base(0xfee00c00), 0);
	assert_int_equal(vlapic_msr_write(v, 0x830, UINT64_C(6) << 32 | 0x1041),
			 0);
	assert_int_equal(vlapic_pending(vm.v[3]), 0x41);
	assert_int_equal(vlapic_msr_read(v, 0x830, &value), 0);
	assert_int_equal(value, UINT64_C(6) << 32 | 0x41);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_modes),
		TEST(test_base_bits),
		TEST(test_state_over_modes),
		TEST(test_no_msrs_in_xapic),
		TEST(test_access),
		TEST(test_logical_id),
		TEST(test_self_ipi),
		TEST(test_icr_is_one_register),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
