/* SPDX-License-Identifier: MIT */
/* A domain with its virtual machine: put together, or nothing of it is left. */
#include "virt/guest.h"

#include "arch/x86/features.h"
#include "arch/x86/percpu.h"
#include "domain/domain.h"
#include "domain/vcpu.h"
#include "fake.h"
#include "fake_clock.h"
#include "memory.h"
#include "mm/heap.h"
#include "virt/exit.h"
#include "virt/vdev/machine.h"
#include "virt/virt.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct cpu_features cpu_features = { .phys_bits = 40 };

/* Of a guest with local APICs only. */

uint64_t clock_of_tsc(uint64_t tsc)
{
	return tsc;
}

int vioapic_create(struct domain *d)
{
	(void)d;
	fail();
	return 0;
}

void vioapic_destroy(struct domain *d)
{
	(void)d;
}

void vioapic_eoi(struct domain *d, uint8_t vector)
{
	(void)d;
	(void)vector;
}

int translate_vcpu_init(struct vcpu *v)
{
	v->translations = domain_alloc_page(v->domain);
	return v->translations == NULL ? -XEN_ENOMEM : 0;
}

void translate_vcpu_destroy(struct vcpu *v)
{
	domain_free_page(v->domain, v->translations);
}

static int vcpu_create_virt(struct vcpu *v)
{
	if (v->domain->virt == NULL) {
		v->domain->virt = heap_alloc(64);
	}
	if (v->domain->virt != NULL) {
		v->virt = domain_alloc_page(v->domain);
	}
	return v->virt == NULL ? -XEN_ENOMEM : 0;
}

static void vcpu_destroy_virt(struct vcpu *v)
{
	domain_free_page(v->domain, v->virt);
}

static void domain_destroy_virt(struct domain *d)
{
	heap_free(d->virt, 64);
}

static const struct virt_ops ops = {
	.vcpu_create = vcpu_create_virt,
	.vcpu_destroy = vcpu_destroy_virt,
	.domain_destroy = domain_destroy_virt,
};

const struct virt_ops *virt = &ops;

static const struct domain_config config = {
	.id = 3,
	.vcpus = 3,
	.event_ports = 1024,
	.grant_frames = 4,
	.grant_mappings = 300,
};

static void test_out_of_memory(void **state)
{
	const size_t bytes = fake_alloc_bytes();
	struct domain *d = NULL;
	int err = -XEN_ENOMEM;
	int fails = 0;

	(void)state;
	for (; err != 0 && fails < 100; fails++) {
		fake_alloc_fail_after(fails);
		err = guest_create(&config, &d);
		fake_alloc_fail_after(-1);
		assert_true(err == 0 || err == -XEN_ENOMEM);
		assert_true(err == 0 || d == NULL);
		assert_true(err == 0 || fake_alloc_bytes() == bytes);
	}
	assert_in_range(fails, 18, 99);
	assert_non_null(d->machine);
	assert_non_null(d->mtrr);
	assert_non_null(d->vcpus[2]->lapic);
	guest_discard(d);
	assert_int_equal(fake_alloc_bytes(), bytes);
}

static void test_limits(void **state)
{
	struct domain_config c = config;
	struct domain *d;

	(void)state;
	c.vcpus = DOMAIN_MAX_VCPUS + 1;
	assert_int_equal(guest_create(&c, &d), -XEN_EINVAL);
	assert_null(d);
}

/* With as many vCPUs as there may be it keeps within its share of the heap. */
static void test_largest(void **state)
{
	const size_t bytes = fake_alloc_bytes();
	struct domain_config c = config;
	struct domain *d;

	(void)state;
	c.vcpus = DOMAIN_MAX_VCPUS;
	c.event_ports = DOMAIN_EVENT_PORTS;
	c.grant_frames = DOMAIN_GRANT_FRAMES;
	c.grant_mappings = DOMAIN_GRANT_MAPPINGS;
	assert_int_equal(guest_create(&c, &d), 0);
	assert_true(d->heap_pages < d->heap_pages_max / 2);
	guest_discard(d);
	assert_int_equal(fake_alloc_bytes(), bytes);
}

/* The end of teardown.c is here. */
static void test_end(void **state)
{
	const size_t bytes = fake_alloc_bytes();
	struct domain *d;

	(void)state;
	assert_int_equal(guest_create(&config, &d), 0);
	assert_int_equal(domain_publish(d), 0);
	teardown_begin(d);
	while (teardown_step(d) != 0) {
		fake_quiesce();
	}
	fake_quiesce();
	assert_null(domain_find(3));
	assert_int_equal(fake_alloc_bytes(), bytes);
}

static int start(void **state)
{
	(void)state;
	fake_memory_reset();
	pcpu_count = 1;
	return timer_cpu_init(0) != 0 || sched_cpu_init(0) != 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
