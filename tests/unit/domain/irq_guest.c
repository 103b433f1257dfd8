/* SPDX-License-Identifier: MIT */
#include "domain/vcpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "arch/x86/percpu.h"
#include "fake/fake.h"

static void test_cpu(void **state)
{
	struct domain *d;

	(void)state;
	fake_reset();
	d = fake_domain_add(0, 1);
	assert_int_equal(irq_guest_cpu(NULL), 0);
	d->vcpus[0]->unit.cpu = 3;
	assert_int_equal(irq_guest_cpu(d->vcpus[0]), 3);
	d->vcpus[0]->unit.cpu = FAKE_CPUS;
	assert_int_equal(irq_guest_cpu(d->vcpus[0]), 0);
	fake_pcpus[2].apic_id = 0x1000;
	d->vcpus[0]->unit.cpu = 2;
	assert_int_equal(irq_guest_cpu(d->vcpus[0]), 0);
	fake_pcpus[2].apic_id = 4;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cpu) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
