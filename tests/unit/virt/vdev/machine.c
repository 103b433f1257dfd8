/* SPDX-License-Identifier: MIT */
#include "virt/vdev/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "core/ioapic.h"
#include "fake.h"
#include "virt/vdev/mmio.h"
#include "virt/vdev/pio.h"
#include "virt/vm.h"

static struct fake_vm vm;

static int set_up(void **state)
{
	(void)state;
	fake_vm_create(&vm, 2, NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_vm_destroy(&vm);
	return 0;
}

static uint64_t echo_read(void *context, struct vcpu *v, uint64_t offset,
			  unsigned int size)
{
	(void)context;
	(void)v;
	return 0xa0 + offset + (size << 8);
}

static uint64_t last_write;

static void echo_write(void *context, struct vcpu *v, uint64_t offset,
		       unsigned int size, uint64_t value)
{
	(void)context;
	(void)v;
	last_write = offset << 32 | (uint64_t)size << 40 | value;
}

static const struct claim_ops echo = { echo_read, echo_write };

/* Nothing of the old PC is there: all ones, and the write is lost. */
static void test_absent_ports(void **state)
{
	static const uint16_t ports[] = { 0x20, 0x21, 0xa0,  0xa1,  0x40, 0x42,
					  0x43, 0x70, 0x3f8, 0xcf8, 0x4d0 };
	uint32_t value;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		assert_false(pio_write(vm.v[0], ports[i], 1, 0xfb));
		assert_false(pio_read(vm.v[0], ports[i], 1, &value));
		assert_int_equal(value, 0xff);
	}
	assert_false(pio_read(vm.v[0], 0xcf8, 4, &value));
	assert_int_equal(value, 0xffffffff);
	assert_false(pio_read(vm.v[0], 0xffff, 4, &value));
	assert_int_equal(value, 0xffffffff);
}

static void test_ports(void **state)
{
	uint32_t value;

	(void)state;
	assert_int_equal(pio_add(vm.d, 0xcf8, 4, &echo, NULL), 0);
	assert_int_equal(pio_add(vm.d, 0xcfb, 4, &echo, NULL), -XEN_EEXIST);
	assert_int_equal(pio_add(vm.d, 0xfffe, 3, &echo, NULL), -XEN_EINVAL);
	assert_true(pio_read(vm.v[0], 0xcfa, 2, &value));
	assert_int_equal(value, 0x2a2);
	assert_true(pio_write(vm.v[0], 0xcf9, 1, 0x1234));
	assert_int_equal(last_write,
			 UINT64_C(1) << 32 | UINT64_C(1) << 40 | 0x34);
	/* Over the end: byte by byte. */
	assert_true(pio_read(vm.v[0], 0xcfa, 4, &value));
	assert_int_equal(value, 0xffffa3a2);
	assert_true(pio_read(vm.v[0], 0xcf7, 4, &value));
	assert_int_equal(value, 0xa2a1a0ff);
	assert_true(pio_write(vm.v[0], 0xcf7, 2, 0x5566));
	assert_int_equal(last_write, UINT64_C(1) << 40 | 0x55);
	pio_remove(vm.d, 0xcf8);
	assert_false(pio_read(vm.v[0], 0xcf8, 4, &value));
}

static void test_port61(void **state)
{
	uint32_t value;

	(void)state;
	assert_true(pio_read(vm.v[0], 0x61, 1, &value));
	assert_int_equal(value & 0xef, 0x20); /* no parity or bus error */
	assert_true(pio_write(vm.v[0], 0x61, 1, 0xff));
	assert_true(pio_read(vm.v[1], 0x61, 1, &value));
	assert_int_equal(value & 0xef, 0x2f);

	const uint32_t refresh = value & 0x10;

	fake_now += 15000;
	assert_true(pio_read(vm.v[1], 0x61, 1, &value));
	assert_int_not_equal(value & 0x10, refresh);
	machine_reset(vm.d);
	assert_true(pio_read(vm.v[1], 0x61, 1, &value));
	assert_int_equal(value & 0x0f, 0);
}

static void test_memory(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(mmio_add(vm.d, gaddr(0xd0000000), 0x1000, &echo, NULL),
			 0);
	assert_true(mmio_read(vm.v[0], gaddr(0xd0000010), 4, &value));
	assert_int_equal(value, 0x4b0);
	assert_true(mmio_write(vm.v[0], gaddr(0xd0000000), 8, 7));
	assert_false(mmio_read(vm.v[0], gaddr(0xd0000ffe), 4, &value));
	assert_int_equal(value, 0xffffffff);
	assert_false(mmio_read(vm.v[0], gaddr(0xd0001000), 8, &value));
	assert_int_equal(value, ~UINT64_C(0));
	assert_false(mmio_write(vm.v[0], gaddr(0xd0001000), 8, 0));
	mmio_remove(vm.d, gaddr(0xd0000000));
	assert_false(mmio_read(vm.v[0], gaddr(0xd0000010), 2, &value));
	assert_int_equal(value, 0xffff);
}

/* Each vCPU's own APIC, where its APICBASE says, and only in xAPIC mode. */
static void test_lapic_window(void **state)
{
	uint64_t value;

	(void)state;
	assert_true(mmio_read(vm.v[1], gaddr(0xfee00020), 4, &value));
	assert_int_equal(value, 2 << 24);
	assert_true(mmio_read(vm.v[1], gaddr(0xfee00023), 1, &value));
	assert_int_equal(value, 2);
	assert_true(mmio_write(vm.v[1], gaddr(0xfee00080), 4, 0x55));
	assert_int_equal(fake_apic_read(vm.v[1], 0x80), 0x55);
	assert_int_equal(fake_apic_read(vm.v[0], 0x80), 0);
	assert_false(mmio_read(vm.v[1], gaddr(0xfee01000), 4, &value));
	assert_false(mmio_read(vm.v[1], gaddr(0xfedffffc), 4, &value));

	assert_int_equal(vlapic_msr_write(vm.v[1], 0x1b, 0xfeb00800), 0);
	assert_false(mmio_read(vm.v[1], gaddr(0xfee00020), 4, &value));
	assert_true(mmio_read(vm.v[1], gaddr(0xfeb00080), 4, &value));
	assert_int_equal(value, 0x55);
	assert_true(mmio_read(vm.v[0], gaddr(0xfee00020), 4, &value));

	fake_vm_enter_x2apic(vm.v[0]);
	assert_false(mmio_read(vm.v[0], gaddr(0xfee00020), 4, &value));
	assert_int_equal(vlapic_msr_write(vm.v[0], 0x1b, 0xfee00000), 0);
	assert_false(mmio_read(vm.v[0], gaddr(0xfee00020), 4, &value));
}

/* However far creation got, what it took is given back. */
static void test_no_memory(void **state)
{
	static const struct ioapic_info ioapics[] = {
		{ .base = 0xfec00000, .gsi_base = 0, .pins = 24 },
		{ .base = 0xfec01000, .gsi_base = 24, .pins = 8 },
	};
	const struct machine_config c = { .ioapics = ioapics,
					  .ioapic_count = 2 };
	struct domain d = { .id = 9 };
	const size_t before = fake_alloc_bytes();
	int left = 0;

	(void)state;
	for (;; left++) {
		fake_alloc_fail_after(left);

		const int error = machine_create(&d, &c);

		if (error == 0) {
			break;
		}
		assert_int_equal(error, -XEN_ENOMEM);
		assert_null(d.machine);
	}
	assert_in_range(left, 4, 8);
	fake_alloc_fail_after(-1);
	machine_destroy(&d);
	machine_destroy(&d);
	assert_null(d.machine);
	fake_quiesce();
	assert_int_equal(fake_alloc_bytes(), before);
}

static void test_bad_ioapics(void **state)
{
	static const struct ioapic_info bad[] = {
		{ .base = 0xfec00000, .pins = 0 },
		{ .base = 0xfec00000, .pins = 241 },
		{ .base = ~UINT64_C(0) - 16, .pins = 24 },
	};
	struct domain d = { .id = 9 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct machine_config c = { .ioapics = &bad[i],
						  .ioapic_count = 1 };

		assert_int_equal(machine_create(&d, &c), -XEN_EINVAL);
		assert_null(d.machine);
	}
	fake_quiesce();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_absent_ports, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_ports, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_port61, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lapic_window, set_up,
						tear_down),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_bad_ioapics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
