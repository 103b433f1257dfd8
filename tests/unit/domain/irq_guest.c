/* SPDX-License-Identifier: MIT */
#include "domain/irq_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "arch/x86/percpu.h"
#include "core/ioapic.h"
#include "core/irq.h"
#include "fake/fake.h"

#define PINS 24u

static struct {
	uint8_t vector;
	uint32_t apic_id;
	bool level;
	bool active_low;
	bool masked;
} pins[PINS];

static irq_handler_t handlers[256];
static void *contexts[256];
static unsigned int vectors;
static unsigned int eoi_count;
static struct domain *d;
static struct domain *other;
static unsigned int sunk;
static bool sink_takes;

bool ioapic_has_gsi(uint32_t gsi)
{
	return gsi < PINS;
}

void ioapic_route(uint32_t gsi, uint8_t vector, uint32_t apic_id, bool level,
		  bool active_low)
{
	pins[gsi].vector = vector;
	pins[gsi].apic_id = apic_id;
	pins[gsi].level = level;
	pins[gsi].active_low = active_low;
	pins[gsi].masked = true;
}

void ioapic_mask(uint32_t gsi)
{
	pins[gsi].masked = true;
}

void ioapic_unmask(uint32_t gsi)
{
	pins[gsi].masked = false;
}

int irq_vector_alloc(unsigned int cpu, irq_handler_t handler, void *context)
{
	(void)cpu;
	for (int v = 0x30; v < 0x38; v++) {
		if (handlers[v] == NULL) {
			handlers[v] = handler;
			contexts[v] = context;
			vectors++;
			return v;
		}
	}
	return -XEN_ENOSPC;
}

void irq_vector_free(unsigned int cpu, unsigned int vector)
{
	(void)cpu;
	assert_non_null(handlers[vector]);
	handlers[vector] = NULL;
	vectors--;
}

void irq_eoi(void)
{
	eoi_count++;
}

static bool sink(struct domain *to, uint32_t gsi)
{
	assert_ptr_equal(to, d);
	assert_int_equal(gsi, 5);
	assert_int_equal(fake_locks_held(), 0);
	/* The pCPU was let go before the guest is told. */
	assert_int_equal(eoi_count, 1);
	sunk++;
	return sink_takes;
}

/* The line is asserted: true when an unmasked pin passed it on. */
static bool fire(uint32_t gsi)
{
	if (pins[gsi].masked) {
		return false;
	}
	eoi_count = 0;
	handlers[pins[gsi].vector](pins[gsi].vector,
				   contexts[pins[gsi].vector]);
	assert_int_equal(eoi_count, 1);
	return true;
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	memset(pins, 0, sizeof(pins));
	for (unsigned int i = 0; i < PINS; i++) {
		pins[i].masked = true;
	}
	d = fake_domain_add(0, 2);
	other = fake_domain_add(1, 1);
	d->vcpus[0]->unit.cpu = 3;
	sunk = 0;
	sink_takes = true;
	irq_guest_set_sink(sink);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	irq_guest_release(d);
	irq_guest_release(other);
	assert_int_equal(vectors, 0);
	for (unsigned int i = 0; i < PINS; i++) {
		assert_true(pins[i].masked);
	}
	fake_check_clean();
	return 0;
}

static void bind(bool level)
{
	assert_int_equal(irq_guest_bind(d, 5, level, level), 0);
	assert_true(pins[5].masked);
	irq_guest_unmask(d, 5);
	assert_false(pins[5].masked);
}

static void test_bind(void **state)
{
	(void)state;
	bind(true);
	assert_int_equal(pins[5].apic_id, fake_pcpus[3].apic_id);
	assert_true(pins[5].level);
	assert_true(pins[5].active_low);
	assert_int_equal(irq_guest_bind(other, 5, true, true), -XEN_EBUSY);
	assert_int_equal(irq_guest_bind(d, PINS, true, true), -XEN_ENOENT);
	assert_int_equal(irq_guest_bind(d, 100000, true, true), -XEN_ENOENT);
	irq_guest_mask(other, 5);
	assert_false(pins[5].masked);
}

/* One at a time until the guest has ended it, without holding up the pCPU. */
static void test_level(void **state)
{
	(void)state;
	bind(true);
	assert_true(fire(5));
	assert_false(fire(5));
	assert_int_equal(sunk, 1);
	irq_guest_eoi(d, 5);
	assert_true(fire(5));
	assert_int_equal(sunk, 2);
}

static void test_level_masked_under_way(void **state)
{
	(void)state;
	bind(true);
	assert_true(fire(5));
	irq_guest_mask(d, 5);
	irq_guest_unmask(d, 5);
	assert_true(pins[5].masked);
	irq_guest_mask(d, 5);
	irq_guest_eoi(d, 5);
	assert_true(pins[5].masked);
	irq_guest_unmask(d, 5);
	assert_true(fire(5));
}

static void test_level_nobody_takes(void **state)
{
	(void)state;
	bind(true);
	sink_takes = false;
	assert_true(fire(5));
	assert_false(pins[5].masked);
}

/* Never masked by us: every edge arrives. */
static void test_edge(void **state)
{
	(void)state;
	bind(false);
	assert_true(fire(5));
	assert_true(fire(5));
	assert_int_equal(sunk, 2);
	irq_guest_eoi(d, 5);
	assert_false(pins[5].masked);
}

static void test_bind_again(void **state)
{
	(void)state;
	bind(true);
	assert_true(fire(5));
	assert_int_equal(irq_guest_bind(d, 5, false, false), 0);
	assert_int_equal(vectors, 1);
	irq_guest_unmask(d, 5);
	assert_false(pins[5].masked);
	assert_false(pins[5].level);
}

static void test_no_vectors(void **state)
{
	(void)state;
	for (uint32_t gsi = 8; gsi < 16; gsi++) {
		assert_int_equal(irq_guest_bind(d, gsi, true, true), 0);
	}
	assert_int_equal(irq_guest_bind(d, 5, true, true), -XEN_ENOSPC);
	irq_guest_unmask(d, 5);
	assert_true(pins[5].masked);
}

/* An interrupt that was on its way when the domain lost the line. */
static void test_released(void **state)
{
	(void)state;
	bind(true);

	const irq_handler_t run = handlers[pins[5].vector];
	void *const context = contexts[pins[5].vector];

	irq_guest_release(d);
	eoi_count = 0;
	run(pins[5].vector, context);
	assert_int_equal(eoi_count, 1);
	assert_int_equal(sunk, 0);
	assert_int_equal(irq_guest_bind(other, 5, true, true), 0);
}

static void test_cpu(void **state)
{
	(void)state;
	assert_int_equal(irq_guest_cpu(NULL), 0);
	assert_int_equal(irq_guest_cpu(d->vcpus[0]), 3);
	d->vcpus[0]->unit.cpu = FAKE_CPUS;
	assert_int_equal(irq_guest_cpu(d->vcpus[0]), 0);
	fake_pcpus[2].apic_id = 0x1000;
	d->vcpus[0]->unit.cpu = 2;
	assert_int_equal(irq_guest_cpu(d->vcpus[0]), 0);
	fake_pcpus[2].apic_id = 4;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bind),
		TEST(test_level),
		TEST(test_level_masked_under_way),
		TEST(test_level_nobody_takes),
		TEST(test_edge),
		TEST(test_bind_again),
		TEST(test_no_vectors),
		TEST(test_released),
		TEST(test_cpu),
	};

	return cmocka_run_group_tests_name("irq_guest", tests, NULL, NULL);
}
