/* SPDX-License-Identifier: MIT */
#include "virt/vdev/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "arch/x86/percpu.h"
#include "virt/vm.h"

#define BASE   0xfec00000u
#define BASE_2 0xfec01000u

#define LEVEL  0x8000u
#define LOW    0x2000u
#define MASKED 0x10000u
#define REMOTE 0x4000u

#define VECTOR 0x61u

static struct fake_vm vm;
static struct vcpu *v; /* the one under test */

static int set_up(void **state)
{
	(void)state;
	fake_vm_create(&vm, 2);
	v = vm.v[0];
	v->unit.cpu = 3;
	fake_vm_enable_apic(v);
	fake_vm_enable_apic(vm.v[1]);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_vm_destroy(&vm);
	for (size_t i = 0; i < ARRAY_SIZE(fake_pins); i++) {
		assert_true(fake_pins[i].masked);
	}
	return 0;
}

static void write_at(uint64_t address, uint32_t value)
{
	mmio_write(v, gaddr(address), 4, value);
}

static uint32_t read_at(uint64_t address)
{
	uint64_t value;

	value = mmio_read(v, gaddr(address), 4);
	return (uint32_t)value;
}

static uint64_t place(uint32_t gsi, uint32_t *pin)
{
	*pin = gsi < 24 ? gsi : gsi - 24;
	return gsi < 24 ? BASE : BASE_2;
}

static void set_rte(uint32_t gsi, uint32_t low)
{
	uint32_t pin;
	const uint64_t base = place(gsi, &pin);

	write_at(base, 0x10 + 2 * pin);
	write_at(base + 0x10, low);
}

static uint32_t get_rte(uint32_t gsi)
{
	uint32_t pin;
	const uint64_t base = place(gsi, &pin);

	write_at(base, 0x10 + 2 * pin);
	return read_at(base + 0x10);
}

static void set_dest(uint32_t gsi, uint32_t high)
{
	uint32_t pin;
	const uint64_t base = place(gsi, &pin);

	write_at(base, 0x11 + 2 * pin);
	write_at(base + 0x10, high);
}

/* True when the vector was requested; takes it into service. */
static bool got(struct vcpu *who, uint8_t vector)
{
	if (vlapic_pending(who) != vector) {
		return false;
	}
	vlapic_accept(who, vector);
	return true;
}

static void end(void)
{
	fake_apic_write(v, 0xb0, 0);
}

static void test_registers(void **state)
{
	(void)state;
	write_at(BASE, 0);
	assert_int_equal(read_at(BASE + 0x10), 1 << 24);
	write_at(BASE + 0x10, 0xffffffff);
	assert_int_equal(read_at(BASE + 0x10), 0xf << 24);
	write_at(BASE, 2);
	assert_int_equal(read_at(BASE + 0x10), 0xf << 24);
	write_at(BASE, 1);
	assert_int_equal(read_at(BASE), 1);
	write_at(BASE + 0x10, 0);
	assert_int_equal(read_at(BASE + 0x10), 0x00170020);
	write_at(BASE_2, 1);
	assert_int_equal(read_at(BASE_2 + 0x10), 0x00070011);
	/* Behind the last pin, between the windows, behind the registers. */
	write_at(BASE, 0x40);
	assert_int_equal(read_at(BASE + 0x10), 0);
	write_at(BASE + 0x10, 0);
	write_at(BASE, 0x0f);
	assert_int_equal(read_at(BASE + 0x10), 0);
	assert_int_equal(read_at(BASE + 0x20), 0);
	assert_int_equal(mmio_read(v, gaddr(BASE + 0x100), 4), 0xffffffff);
}

static void test_entries_read_back(void **state)
{
	(void)state;
	for (uint32_t gsi = 0; gsi < 32; gsi++) {
		assert_int_equal(get_rte(gsi), MASKED);
		set_rte(gsi, MASKED | 0x5900 | gsi);
		set_dest(gsi, 0xff00ff00 | gsi);
	}
	for (uint32_t gsi = 0; gsi < 32; gsi++) {
		uint32_t pin;
		const uint64_t base = place(gsi, &pin);

		assert_int_equal(get_rte(gsi), MASKED | 0x0900 | gsi);
		write_at(base, 0x11 + 2 * pin);
		assert_int_equal(read_at(base + 0x10), 0xff000000);
		/* A pin never unmasked may be the hypervisor's own. */
		assert_int_equal(fake_pins[gsi].vector, 0);
	}
	/* The data window is 32 bits wide, the index is 8. */
	mmio_write(v, gaddr(BASE), 1, 0x12);
	mmio_write(v, gaddr(BASE + 0x10), 2, 0);
	assert_int_equal(get_rte(1), MASKED | 0x0901);
}

/* The physical pin has the entry's trigger, polarity and mask. */
static void test_routing(void **state)
{
	static const struct {
		uint32_t rte;
		bool level;
		bool active_low;
		bool masked;
	} rows[] = {
		{ VECTOR | LEVEL, true, false, false },
		{ (VECTOR + 1) | LEVEL, true, false, false },
		{ VECTOR | LEVEL | MASKED, true, false, true },
		{ VECTOR | LEVEL | MASKED | LOW, true, false, true },
		{ VECTOR | LEVEL | LOW, true, true, false },
		{ VECTOR | LEVEL | LOW | MASKED, true, true, true },
		{ VECTOR, false, false, false },
		{ VECTOR | LOW, false, true, false },
	};
	const struct fake_pin *p = &fake_pins[9];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		set_rte(9, rows[i].rte);
		assert_int_equal(p->level, rows[i].level);
		assert_int_equal(p->active_low, rows[i].active_low);
		assert_int_equal(p->masked, rows[i].masked);
		assert_int_equal(p->apic_id, fake_pcpus[3].apic_id);
	}
	set_rte(31, VECTOR);
	assert_int_not_equal(fake_pins[31].vector, p->vector);
	assert_false(fake_pins[31].masked);
}

/* Without a vector of the host the pin stays silent, and is tried again. */
static void test_no_vectors(void **state)
{
	const unsigned int left = fake_vectors_left;

	(void)state;
	fake_vectors_left = 0;
	set_rte(4, VECTOR);
	assert_false(fake_pin_fire(4));
	set_rte(4, VECTOR | MASKED);
	fake_vectors_left = left;
	set_rte(4, VECTOR);
	assert_true(fake_pin_fire(4));
	assert_true(got(v, VECTOR));
}

static void test_edge(void **state)
{
	(void)state;
	assert_false(fake_pin_fire(5));
	set_rte(5, VECTOR);
	set_dest(5, 2u << 24);
	assert_true(fake_pin_fire(5));
	assert_false(got(v, VECTOR));
	assert_true(got(vm.v[1], VECTOR));
	assert_int_equal(get_rte(5), VECTOR);
	assert_true(fake_pin_fire(5)); /* none is held back */
	assert_int_equal(vlapic_requested(vm.v[1]), VECTOR);
	set_dest(5, 0);
	set_rte(5, VECTOR | MASKED);
	fake_pins[5].masked = false; /* it was on its way: lost */
	assert_true(fake_pin_fire(5));
	set_rte(5, VECTOR);
	assert_int_equal(vlapic_pending(v), -1);
}

static void test_level(void **state)
{
	(void)state;
	set_rte(17, VECTOR | LEVEL | LOW);
	for (int i = 0; i < 2; i++) {
		assert_true(fake_pin_fire(17));
		assert_int_equal(get_rte(17), VECTOR | LEVEL | LOW | REMOTE);
		assert_false(fake_pin_fire(17));
		/* Writes leave remote IRR alone. */
		set_rte(17, VECTOR | LEVEL | LOW);
		assert_int_equal(get_rte(17), VECTOR | LEVEL | LOW | REMOTE);
		assert_false(fake_pin_fire(17));
		assert_true(got(v, VECTOR));
		end();
		assert_int_equal(get_rte(17), VECTOR | LEVEL | LOW);
		assert_int_equal(vlapic_pending(v), -1);
	}
	end();
}

/* Linux masks a line in service to move it, ends it, and unmasks. */
static void test_level_masked_in_service(void **state)
{
	(void)state;
	set_rte(17, VECTOR | LEVEL);
	assert_true(fake_pin_fire(17));
	assert_true(got(v, VECTOR));
	set_rte(17, VECTOR | LEVEL | MASKED);
	assert_int_equal(get_rte(17), VECTOR | LEVEL | MASKED | REMOTE);
	end();
	assert_true(fake_pins[17].masked);
	set_rte(17, VECTOR | LEVEL);
	assert_int_equal(vlapic_pending(v), -1);
	/* Unmasked before it has ended. */
	assert_true(fake_pin_fire(17));
	set_rte(17, VECTOR | LEVEL | MASKED);
	set_rte(17, VECTOR | LEVEL);
	assert_true(fake_pins[17].masked);
	assert_true(got(v, VECTOR));
	end();
	assert_false(fake_pins[17].masked);
}

/* It fired just as the guest masked: the device is asked again. */
static void test_level_when_masked(void **state)
{
	(void)state;
	set_rte(17, VECTOR | LEVEL);
	set_rte(17, VECTOR | LEVEL | MASKED);
	fake_pins[17].masked = false;
	assert_true(fake_pin_fire(17));
	assert_int_equal(get_rte(17), VECTOR | LEVEL | MASKED);
	assert_true(fake_pins[17].masked);
	set_rte(17, VECTOR | LEVEL);
	assert_int_equal(vlapic_pending(v), -1);
	assert_true(fake_pin_fire(17));
	assert_true(got(v, VECTOR));
}

/* Kernels end a lost interrupt by switching the pin to edge and back. */
static void test_level_to_edge_ends(void **state)
{
	(void)state;
	set_rte(17, VECTOR | LEVEL);
	assert_true(fake_pin_fire(17));
	set_rte(17, VECTOR | MASKED);
	assert_int_equal(get_rte(17), VECTOR | MASKED);
	set_rte(17, VECTOR | LEVEL);
	assert_int_equal(get_rte(17), VECTOR | LEVEL);
	assert_true(fake_pin_fire(17));
}

static void test_directed_eoi(void **state)
{
	(void)state;
	set_rte(17, VECTOR | LEVEL);
	set_rte(18, (VECTOR + 1) | LEVEL);
	set_rte(25, VECTOR | LEVEL);
	assert_true(fake_pin_fire(17));
	assert_true(fake_pin_fire(18));
	assert_true(fake_pin_fire(25));
	write_at(BASE + 0x40, VECTOR + 2);
	assert_false(fake_pin_fire(17));
	write_at(BASE + 0x40, VECTOR);
	assert_true(fake_pin_fire(17));
	assert_false(fake_pin_fire(18));
	/* Version 0x11 has no such register. */
	write_at(BASE_2 + 0x40, VECTOR);
	assert_false(fake_pin_fire(25));
	vioapic_eoi(vm.d, VECTOR);
	assert_true(fake_pin_fire(25));
}

/* Two pins may share a vector; one end is for both. */
static void test_shared_vector(void **state)
{
	(void)state;
	set_rte(3, VECTOR | LEVEL);
	set_rte(26, VECTOR | LEVEL);
	assert_true(fake_pin_fire(3));
	assert_true(fake_pin_fire(26));
	assert_true(got(v, VECTOR));
	end();
	assert_true(fake_pin_fire(3));
	assert_true(fake_pin_fire(26));
}

/* Nobody listens: the line waits until the entry is written again. */
static void test_no_target(void **state)
{
	(void)state;
	set_dest(17, 5u << 24);
	set_rte(17, VECTOR | LEVEL);
	assert_true(fake_pin_fire(17));
	assert_int_equal(get_rte(17), VECTOR | LEVEL);
	assert_false(fake_pin_fire(17));
	set_dest(17, 0);
	assert_true(fake_pin_fire(17));
	assert_true(got(v, VECTOR));
}

static void test_nmi_entry(void **state)
{
	(void)state;
	set_rte(1, 0x400);
	fake_vm_work(v);
	assert_true(fake_pin_fire(1));
	assert_int_equal(fake_vm_work(v), WORK_NMI);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_registers),
		TEST(test_entries_read_back),
		TEST(test_routing),
		TEST(test_no_vectors),
		TEST(test_edge),
		TEST(test_level),
		TEST(test_level_masked_in_service),
		TEST(test_level_when_masked),
		TEST(test_level_to_edge_ends),
		TEST(test_directed_eoi),
		TEST(test_shared_vector),
		TEST(test_no_target),
		TEST(test_nmi_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
