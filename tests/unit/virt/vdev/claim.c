/* SPDX-License-Identifier: MIT */
#include "virt/vdev/claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "virt/vm.h"

struct device {
	uint64_t offset;
	unsigned int size;
	uint64_t written;
};

static struct fake_vm vm;

static int set_up(void **state)
{
	(void)state;
	fake_vm_create_guest(&vm, 2);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_vm_destroy(&vm);
	return 0;
}

static uint64_t device_read(void *context, struct vcpu *v, uint64_t offset,
			    unsigned int size)
{
	struct device *dev = context;

	(void)v;
	dev->offset = offset;
	dev->size = size;
	return UINT64_C(0x1122334455667788);
}

static void device_write(void *context, struct vcpu *v, uint64_t offset,
			 unsigned int size, uint64_t value)
{
	struct device *dev = context;

	(void)v;
	dev->offset = offset;
	dev->size = size;
	dev->written = value;
}

static const struct claim_ops ops = { device_read, device_write };

static int add(uint64_t start, uint64_t length)
{
	return mmio_add(vm.d, gaddr(start), length, &ops, NULL);
}

static void test_add(void **state)
{
	static const struct {
		uint64_t start;
		uint64_t length;
		int result;
	} rows[] = {
		{ 0x1000, 0x100, 0 },
		{ 0x3000, 0x100, 0 },
		{ 0x2000, 0x100, 0 },
		{ 0x500, 0x10, 0 },
		{ 0x1000, 0x100, -XEN_EEXIST },
		{ 0x1080, 1, -XEN_EEXIST },
		{ 0xfff, 2, -XEN_EEXIST },
		{ 0, 0x10000, -XEN_EEXIST },
		{ 0x1100, 0x10, 0 },
		{ 0xff0, 0x10, 0 },
		{ 0x5000, 0, -XEN_EINVAL },
		{ ~UINT64_C(0) - 1, 4, -XEN_EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(add(rows[i].start, rows[i].length),
				 rows[i].result);
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].result == 0) {
			const uint64_t end = rows[i].start + rows[i].length;

			assert_true(
				mmio_is_claimed(vm.d, gaddr(rows[i].start)));
			assert_true(mmio_is_claimed(vm.d, gaddr(end - 1)));
		}
	}
	assert_false(mmio_is_claimed(vm.d, gaddr(0x4ff)));
	assert_false(mmio_is_claimed(vm.d, gaddr(0x510)));
	assert_false(mmio_is_claimed(vm.d, gaddr(0x2100)));
	assert_false(mmio_is_claimed(vm.d, gaddr(0)));
}

static void test_remove(void **state)
{
	(void)state;
	mmio_remove(vm.d, gaddr(0x1000));
	assert_int_equal(add(0x1000, 0x100), 0);
	assert_int_equal(add(0x2000, 0x100), 0);
	mmio_remove(vm.d, gaddr(0x1001));
	assert_true(mmio_is_claimed(vm.d, gaddr(0x1000)));
	mmio_remove(vm.d, gaddr(0x1000));
	assert_false(mmio_is_claimed(vm.d, gaddr(0x1000)));
	assert_true(mmio_is_claimed(vm.d, gaddr(0x2000)));
	/* The place is free again, also for another shape. */
	assert_int_equal(add(0xf80, 0x100), 0);
	assert_true(mmio_is_claimed(vm.d, gaddr(0x1000)));
	assert_false(mmio_is_claimed(vm.d, gaddr(0x1080)));
}

static void test_full(void **state)
{
	uint64_t next = 0;
	int error;

	(void)state;
	do {
		next += 0x1000;
		error = add(next, 0x1000);
	} while (error == 0);
	assert_int_equal(error, -XEN_ENOSPC);
	mmio_remove(vm.d, gaddr(0x1000));
	assert_int_equal(add(next, 0x1000), 0);
}

static void test_memory(void **state)
{
	struct device dev = { 0 };
	(void)state;
	assert_int_equal(mmio_read(vm.v[0], gaddr(0x1000), 4), 0xffffffff);
	assert_int_equal(mmio_add(vm.d, gaddr(0x1000), 0x10, &ops, &dev), 0);
	assert_int_equal(mmio_read(vm.v[0], gaddr(0x1004), 2), 0x7788);
	assert_int_equal(dev.offset, 4);
	assert_int_equal(dev.size, 2);
	mmio_write(vm.v[0], gaddr(0x100f), 1, 0xabcd);
	assert_int_equal(dev.offset, 15);
	assert_int_equal(dev.written, 0xcd);
	assert_int_equal(mmio_read(vm.v[0], gaddr(0x1008), 8),
			 UINT64_C(0x1122334455667788));
	/* Over the end, or before the start. */
	assert_int_equal(mmio_read(vm.v[0], gaddr(0x100e), 4), 0xffffffff);
	mmio_write(vm.v[0], gaddr(0x100e), 4, 0);
	mmio_write(vm.v[0], gaddr(0xffe), 4, 0);
	mmio_remove(vm.d, gaddr(0x1000));
	mmio_write(vm.v[0], gaddr(0x1000), 4, 0);
	assert_int_equal(dev.written, 0xcd);
	assert_int_equal(mmio_read(vm.v[0], gaddr(0x1000), 8), UINT64_MAX);
}

static void test_ports(void **state)
{
	struct device dev = { 0 };
	(void)state;
	assert_int_equal(pio_add(vm.d, 0xcf8, 4, &ops, &dev), 0);
	assert_int_equal(pio_add(vm.d, 0xcfb, 4, &ops, NULL), -XEN_EEXIST);
	assert_int_equal(pio_add(vm.d, 0xfffe, 3, &ops, NULL), -XEN_EINVAL);
	assert_false(mmio_is_claimed(vm.d, gaddr(0xcf8)));
	assert_int_equal(pio_read(vm.v[0], 0xcfa, 2), 0x7788);
	assert_int_equal(dev.offset, 2);
	pio_write(vm.v[0], 0xcf9, 1, 0x1234);
	assert_int_equal(dev.offset, 1);
	assert_int_equal(dev.written, 0x34);
	/* Over the end, or before the start. */
	assert_int_equal(pio_read(vm.v[0], 0xcfa, 4), 0xffffffff);
	pio_write(vm.v[0], 0xcf7, 2, 0);
	assert_int_equal(dev.written, 0x34);
	assert_int_equal(pio_read(vm.v[0], 0xffff, 4), 0xffffffff);
}

/* Each vCPU's own APIC, always at the same place, and only in xAPIC mode. */
static void test_lapic_window(void **state)
{
	(void)state;
	assert_true(mmio_is_claimed(vm.d, gaddr(0xfee00ffc)));
	assert_int_equal(mmio_read(vm.v[1], gaddr(0xfee00020), 4), 2 << 24);
	assert_int_equal(mmio_read(vm.v[1], gaddr(0xfee00023), 1), 2);
	mmio_write(vm.v[1], gaddr(0xfee00080), 4, 0x55);
	assert_int_equal(fake_apic_read(vm.v[1], 0x80), 0x55);
	assert_int_equal(fake_apic_read(vm.v[0], 0x80), 0);
	assert_int_equal(mmio_read(vm.v[1], gaddr(0xfee01000), 4), 0xffffffff);
	assert_int_equal(mmio_read(vm.v[1], gaddr(0xfedffffc), 4), 0xffffffff);
	assert_int_equal(vlapic_msr_write(vm.v[1], 0x1b, 0xfeb00800), 0);
	assert_int_equal(mmio_read(vm.v[1], gaddr(0xfee00080), 4), 0x55);
	fake_vm_enter_x2apic(vm.v[0]);
	assert_int_equal(mmio_read(vm.v[0], gaddr(0xfee00020), 4), 0xffffffff);
	assert_int_equal(vlapic_msr_write(vm.v[0], 0x1b, 0xfee00000), 0);
	assert_int_equal(mmio_read(vm.v[0], gaddr(0xfee00020), 4), 0xffffffff);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_add),    TEST(test_remove), TEST(test_full),
		TEST(test_memory), TEST(test_ports),  TEST(test_lapic_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
