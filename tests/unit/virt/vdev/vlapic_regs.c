/* SPDX-License-Identifier: MIT */
/* The register window of an APIC in xAPIC mode. */
#include "virt/vdev/vlapic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "virt/vm.h"

static struct fake_vm vm;
static struct vcpu *v; /* the one under test */

static int set_up(void **state)
{
	(void)state;
	fake_vm_create_guest(&vm, 2);
	v = vm.v[1];
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_vm_destroy(&vm);
	return 0;
}

/* State after power-on, and what sticks of a write of all ones. */
static void test_registers(void **state)
{
	static const struct {
		uint32_t offset;
		uint32_t reset;
		uint32_t ones;
	} rows[] = {
		{ 0x020, 0x02000000, 0x02000000 }, /* id */
		{ 0x090, 0, 0 },                   /* arbitration */
		{ 0x0c0, 0, 0 },                   /* remote read */
		{ 0x080, 0, 0xff },                /* TPR */
		{ 0x0d0, 0, 0xff000000 },          /* LDR */
		{ 0x0e0, 0xffffffff, 0xffffffff }, /* DFR */
		{ 0x0f0, 0xff, 0x3ff },            /* SVR */
		{ 0x280, 0, 0 },                   /* ESR */
		{ 0x310, 0, 0xff000000 },          /* ICR high */
		{ 0x320, 0x10000, 0x300ff },       /* timer: no deadline mode */
		{ 0x330, 0x10000, 0x107ff },       /* thermal */
		{ 0x340, 0x10000, 0x107ff },       /* performance */
		{ 0x350, 0x10000, 0x1a7ff },       /* LINT0 */
		{ 0x360, 0x10000, 0x1a7ff },       /* LINT1 */
		{ 0x370, 0x10000, 0x100ff },       /* error */
		{ 0x380, 0, 0xffffffff },          /* initial count */
		{ 0x3e0, 0, 0xb },                 /* divide */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint32_t offset = rows[i].offset;

		assert_int_equal(fake_apic_read(v, offset), rows[i].reset);
		fake_apic_write(v, offset, 0xffffffff);
		assert_int_equal(fake_apic_read(v, offset), rows[i].ones);
	}
	fake_apic_write(v, 0x0e0, 0);
	assert_int_equal(fake_apic_read(v, 0x0e0), 0x0fffffff);
}

static void test_version(void **state)
{
	(void)state;
	assert_int_equal(fake_apic_read(v, 0x030), 0x00050014);
}

static bool exists(uint32_t reg)
{
	return reg == 2 || reg == 3 || (reg >= 8 && reg <= 0x28) ||
	       (reg >= 0x30 && reg <= 0x39) || reg == 0x3e;
}

/* What is not there reads 0 and stays so. */
static void test_reserved(void **state)
{
	(void)state;
	for (uint32_t offset = 0; offset < 0x1000; offset += 16) {
		if (exists(offset / 16)) {
			continue;
		}
		fake_apic_write(v, offset, 0xffffffff);
		assert_int_equal(fake_apic_read(v, offset), 0);
	}
}

static void test_read_only(void **state)
{
	static const uint32_t offsets[] = { 0x030, 0x0a0, 0x100, 0x170, 0x180,
					    0x1f0, 0x200, 0x270, 0x390 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		const uint32_t before = fake_apic_read(v, offsets[i]);

		fake_apic_write(v, offsets[i], 0x12345678);
		assert_int_equal(fake_apic_read(v, offsets[i]), before);
	}
}

/* Parts of a register, and of the gap behind it. */
static void test_widths(void **state)
{
	static const struct {
		uint32_t offset;
		unsigned int size;
		uint64_t value;
	} rows[] = {
		{ 0x380, 1, 0x44 },       { 0x381, 1, 0x33 },
		{ 0x383, 1, 0x11 },       { 0x380, 2, 0x3344 },
		{ 0x382, 2, 0x1122 },     { 0x380, 4, 0x11223344 },
		{ 0x380, 8, 0x11223344 }, { 0x382, 4, 0x1122 },
		{ 0x384, 4, 0 },          { 0x38f, 1, 0 },
	};

	(void)state;
	fake_apic_write(v, 0x380, 0x11223344);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t value;

		value = mmio_read(v, gaddr(VLAPIC_BASE + rows[i].offset),
				  rows[i].size);
		assert_int_equal(value, rows[i].value);
	}
	vlapic_write(v, 0x380, 8, UINT64_C(0x5555555500000066));
	assert_int_equal(fake_apic_read(v, 0x380), 0x66);
	vlapic_write(v, 0x380, 2, 0x77);
	vlapic_write(v, 0x384, 4, 0x77);
	vlapic_write(v, 0x382, 4, 0x77);
	assert_int_equal(fake_apic_read(v, 0x380), 0x66);
}

/* Software-disabled: all local vectors are masked and stay so. */
static void test_software_disable(void **state)
{
	(void)state;
	fake_vm_enable_apic(v);
	fake_apic_write(v, 0x320, 0x20041);
	fake_apic_write(v, 0x350, 0x00042);
	fake_apic_write(v, 0x370, 0x00043);
	assert_true(vlapic_set_irq(v, 0x60, false));
	fake_apic_write(v, 0x0f0, 0xff);
	assert_int_equal(fake_apic_read(v, 0x320), 0x30041);
	assert_int_equal(fake_apic_read(v, 0x350), 0x10042);
	assert_int_equal(fake_apic_read(v, 0x370), 0x10043);
	fake_apic_write(v, 0x350, 0x00044);
	assert_int_equal(fake_apic_read(v, 0x350), 0x10044);
	/* What was requested before is still to be served. */
	assert_int_equal(vlapic_pending(v), 0x60);
	fake_vm_enable_apic(v);
	assert_int_equal(fake_apic_read(v, 0x350), 0x10044);
	fake_apic_write(v, 0x350, 0x00044);
	assert_int_equal(fake_apic_read(v, 0x350), 0x44);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_registers), TEST(test_version),
		TEST(test_reserved),  TEST(test_read_only),
		TEST(test_widths),    TEST(test_software_disable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
