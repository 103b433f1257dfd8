/* SPDX-License-Identifier: MIT */
#include "virt/vdev/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "fake.h"
#include "virt/vm.h"

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

/* Nothing of the old PC is there: all ones, and the write is lost. */
static void test_absent_ports(void **state)
{
	static const uint16_t ports[] = { 0x20, 0x21, 0xa0,  0xa1,  0x40,
					  0x43, 0x70, 0x3f8, 0xcf8, 0x4d0 };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		pio_write(vm.v[0], ports[i], 1, 0xfb);
		assert_int_equal(pio_read(vm.v[0], ports[i], 1), 0xff);
	}
	assert_false(mmio_is_claimed(vm.d, gaddr(0xfec00000)));
}

/* No parity or bus error, whatever was written. */
static void test_port61(void **state)
{
	(void)state;
	pio_write(vm.v[0], 0x61, 1, 0xff);
	assert_int_equal(pio_read(vm.v[1], 0x61, 1), 0x20);
}

/* Its counter is at its end, whatever was written. */
static void test_counter(void **state)
{
	(void)state;
	pio_write(vm.v[0], 0x42, 1, 0xff);
	assert_int_equal(pio_read(vm.v[1], 0x42, 1), 0);
}

/* However far creation got, what it took is given back. */
static void test_no_memory(void **state)
{
	struct domain d = { .id = 0, .heap_pages_max = 100 };
	const size_t before = fake_alloc_bytes();
	int left = 0;

	(void)state;
	for (;; left++) {
		fake_alloc_fail_after(left);

		const int error = machine_create(&d);

		if (error == 0) {
			break;
		}
		assert_int_equal(error, -XEN_ENOMEM);
		assert_null(d.machine);
	}
	assert_int_equal(left, 3);
	fake_alloc_fail_after(-1);
	machine_destroy(&d);
	machine_destroy(&d);
	assert_null(d.machine);
	assert_int_equal(fake_alloc_bytes(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_absent_ports, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_port61, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_counter, set_up,
						tear_down),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
