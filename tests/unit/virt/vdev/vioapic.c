/* SPDX-License-Identifier: MIT */
#include "virt/vdev/vioapic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "core/ioapic.h"
#include "virt/vdev/mmio.h"
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

/* What the host was told, as "bind 9 level low, unmask 9, ". */
static char said[512];
static int bind_error;

static void say(const char *what, uint32_t gsi)
{
	const size_t used = strlen(said);

	snprintf(said + used, sizeof(said) - used, "%s %u,", what, gsi);
}

static int host_bind(struct domain *d, uint32_t gsi, bool level, bool low)
{
	assert_ptr_equal(d, vm.d);
	say(level ? (low ? "bind-level-low" : "bind-level")
		  : (low ? "bind-edge-low" : "bind-edge"),
	    gsi);
	return bind_error;
}

static void host_mask(struct domain *d, uint32_t gsi)
{
	(void)d;
	say("mask", gsi);
}

static void host_unmask(struct domain *d, uint32_t gsi)
{
	(void)d;
	say("unmask", gsi);
}

static void host_eoi(struct domain *d, uint32_t gsi)
{
	(void)d;
	say("eoi", gsi);
}

static const struct vioapic_host_ops host_ops = { host_bind, host_mask,
						  host_unmask, host_eoi };

static const struct ioapic_info ioapics[] = {
	{ .base = BASE, .gsi_base = 0, .pins = 24, .id = 1, .version = 0x20 },
	{ .base = BASE_2, .gsi_base = 24, .pins = 8, .id = 2, .version = 0x11 },
};

static void create(const struct vioapic_host_ops *ops)
{
	const struct machine_config c = {
		.ioapics = ioapics,
		.ioapic_count = 2,
		.gsi_ops = ops,
	};

	said[0] = '\0';
	bind_error = 0;
	fake_vm_create(&vm, 2, &c);
	v = vm.v[0];
	fake_vm_enable_apic(v);
	fake_vm_enable_apic(vm.v[1]);
}

static int set_up(void **state)
{
	(void)state;
	create(&host_ops);
	return 0;
}

static int set_up_virtual(void **state)
{
	(void)state;
	create(NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_vm_destroy(&vm);
	return 0;
}

static void write_at(uint64_t address, uint32_t value)
{
	assert_true(mmio_write(v, gaddr(address), 4, value));
}

static uint32_t read_at(uint64_t address)
{
	uint64_t value;

	assert_true(mmio_read(v, gaddr(address), 4, &value));
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

static void expect_said(const char *text)
{
	assert_string_equal(said, text);
	said[0] = '\0';
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

	uint64_t value;

	assert_false(mmio_read(v, gaddr(BASE + 0x100), 4, &value));
	expect_said("");
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
	}
	expect_said("");
	/* The data window is 32 bits wide, the index is 8. */
	assert_true(mmio_write(v, gaddr(BASE), 1, 0x12));
	assert_true(mmio_write(v, gaddr(BASE + 0x10), 2, 0));
	assert_int_equal(get_rte(1), MASKED | 0x0901);
}

static void test_binding(void **state)
{
	(void)state;
	set_rte(9, VECTOR | LEVEL);
	expect_said("bind-level 9,unmask 9,");
	set_rte(9, (VECTOR + 1) | LEVEL);
	set_dest(9, 2u << 24);
	expect_said("");
	set_rte(9, VECTOR | LEVEL | MASKED);
	expect_said("mask 9,");
	set_rte(9, VECTOR | LEVEL | MASKED | LOW);
	expect_said("");
	set_rte(9, VECTOR | LEVEL | LOW);
	expect_said("bind-level-low 9,unmask 9,");
	set_rte(9, VECTOR | LEVEL | LOW | MASKED);
	set_rte(9, VECTOR | LEVEL | LOW);
	expect_said("mask 9,unmask 9,");
	set_rte(9, VECTOR);
	expect_said("bind-edge 9,unmask 9,");
	set_rte(31, VECTOR | LOW);
	expect_said("bind-edge-low 31,unmask 31,");
}

/* A line that is somebody else's stays silent, and is tried again. */
static void test_bind_error(void **state)
{
	(void)state;
	bind_error = -XEN_EBUSY;
	set_rte(4, VECTOR);
	expect_said("bind-edge 4,");
	assert_false(vioapic_interrupt(vm.d, 4));
	set_rte(4, VECTOR | MASKED);
	expect_said("");
	bind_error = 0;
	set_rte(4, VECTOR);
	expect_said("bind-edge 4,unmask 4,");
	assert_true(vioapic_interrupt(vm.d, 4));
	assert_true(got(v, VECTOR));
}

static void test_edge(void **state)
{
	(void)state;
	assert_false(vioapic_interrupt(vm.d, 5));
	assert_false(vioapic_interrupt(vm.d, 32));
	set_rte(5, VECTOR);
	set_dest(5, 2u << 24);
	assert_true(vioapic_interrupt(vm.d, 5));
	assert_false(got(v, VECTOR));
	assert_true(got(vm.v[1], VECTOR));
	assert_int_equal(get_rte(5), VECTOR);
	assert_true(vioapic_interrupt(vm.d, 5));
	assert_int_equal(vlapic_requested(vm.v[1]), VECTOR);
	set_rte(5, VECTOR | MASKED);
	set_dest(5, 0);
	assert_true(vioapic_interrupt(vm.d, 5)); /* too late: lost */
	set_rte(5, VECTOR);
	assert_int_equal(vlapic_pending(v), -1);
	expect_said("bind-edge 5,unmask 5,mask 5,unmask 5,");
}

static void test_level(void **state)
{
	(void)state;
	set_rte(17, VECTOR | LEVEL | LOW);
	said[0] = '\0';
	assert_true(vioapic_interrupt(vm.d, 17));
	assert_int_equal(get_rte(17), VECTOR | LEVEL | LOW | REMOTE);
	/* Writes leave remote IRR alone. */
	set_rte(17, VECTOR | LEVEL | LOW);
	assert_int_equal(get_rte(17), VECTOR | LEVEL | LOW | REMOTE);
	assert_true(got(v, VECTOR));
	expect_said("");
	end();
	expect_said("eoi 17,");
	assert_int_equal(get_rte(17), VECTOR | LEVEL | LOW);
	assert_int_equal(vlapic_pending(v), -1);
	assert_true(vioapic_interrupt(vm.d, 17));
	assert_true(got(v, VECTOR));
	end();
	expect_said("eoi 17,");
	end();
	expect_said("");
}

/* Linux masks a line in service to move it, ends it, and unmasks. */
static void test_level_masked_in_service(void **state)
{
	(void)state;
	set_rte(17, VECTOR | LEVEL);
	vioapic_interrupt(vm.d, 17);
	assert_true(got(v, VECTOR));
	said[0] = '\0';
	set_rte(17, VECTOR | LEVEL | MASKED);
	assert_int_equal(get_rte(17), VECTOR | LEVEL | MASKED | REMOTE);
	end();
	expect_said("mask 17,eoi 17,");
	set_rte(17, VECTOR | LEVEL);
	expect_said("unmask 17,");
	assert_int_equal(vlapic_pending(v), -1);
	/* Unmasked before it has ended. */
	vioapic_interrupt(vm.d, 17);
	set_rte(17, VECTOR | LEVEL | MASKED);
	set_rte(17, VECTOR | LEVEL);
	expect_said("mask 17,unmask 17,");
	assert_true(got(v, VECTOR));
	end();
	expect_said("eoi 17,");
}

/* It fired just as the guest masked: the host looks at the line again. */
static void test_level_when_masked(void **state)
{
	(void)state;
	set_rte(17, VECTOR | LEVEL);
	set_rte(17, VECTOR | LEVEL | MASKED);
	said[0] = '\0';
	assert_true(vioapic_interrupt(vm.d, 17));
	assert_int_equal(get_rte(17), VECTOR | LEVEL | MASKED);
	expect_said("");
	set_rte(17, VECTOR | LEVEL);
	expect_said("unmask 17,eoi 17,");
	assert_int_equal(vlapic_pending(v), -1);
}

/* Kernels end a lost interrupt by switching the pin to edge and back. */
static void test_level_to_edge_ends(void **state)
{
	(void)state;
	set_rte(17, VECTOR | LEVEL);
	vioapic_interrupt(vm.d, 17);
	said[0] = '\0';
	set_rte(17, VECTOR | MASKED);
	expect_said("eoi 17,mask 17,");
	assert_int_equal(get_rte(17), VECTOR | MASKED);
	set_rte(17, VECTOR | LEVEL);
	expect_said("unmask 17,");
	assert_int_equal(get_rte(17), VECTOR | LEVEL);
}

static void test_directed_eoi(void **state)
{
	(void)state;
	set_rte(17, VECTOR | LEVEL);
	set_rte(18, (VECTOR + 1) | LEVEL);
	set_rte(25, VECTOR | LEVEL);
	vioapic_interrupt(vm.d, 17);
	vioapic_interrupt(vm.d, 18);
	vioapic_interrupt(vm.d, 25);
	said[0] = '\0';
	write_at(BASE + 0x40, VECTOR + 2);
	expect_said("");
	write_at(BASE + 0x40, VECTOR);
	expect_said("eoi 17,");
	/* Version 0x11 has no such register. */
	write_at(BASE_2 + 0x40, VECTOR);
	expect_said("");
	vioapic_eoi(vm.d, VECTOR);
	expect_said("eoi 25,");
}

/* Two pins may share a vector; one end is for both. */
static void test_shared_vector(void **state)
{
	(void)state;
	set_rte(3, VECTOR | LEVEL);
	set_rte(26, VECTOR | LEVEL);
	vioapic_interrupt(vm.d, 3);
	vioapic_interrupt(vm.d, 26);
	said[0] = '\0';
	assert_true(got(v, VECTOR));
	end();
	expect_said("eoi 3,eoi 26,");
}

/* Nobody listens: the line waits until the entry is written again. */
static void test_no_target(void **state)
{
	(void)state;
	set_dest(17, 5u << 24);
	set_rte(17, VECTOR | LEVEL);
	assert_true(vioapic_interrupt(vm.d, 17));
	assert_int_equal(get_rte(17), VECTOR | LEVEL);
	said[0] = '\0';
	set_dest(17, 0);
	expect_said("eoi 17,");
	assert_true(vioapic_interrupt(vm.d, 17));
	assert_true(got(v, VECTOR));
}

static void test_nmi_entry(void **state)
{
	(void)state;
	set_rte(1, 0x400);
	fake_vm_work(v);
	assert_true(vioapic_interrupt(vm.d, 1));
	assert_int_equal(fake_vm_work(v), WORK_NMI);
}

static void test_reset(void **state)
{
	(void)state;
	set_rte(17, VECTOR | LEVEL);
	set_rte(5, VECTOR);
	set_rte(6, VECTOR);
	set_rte(6, VECTOR | MASKED);
	vioapic_interrupt(vm.d, 17);
	said[0] = '\0';
	machine_reset(vm.d);
	expect_said("mask 5,mask 17,eoi 17,");
	assert_int_equal(get_rte(17), MASKED);
	set_rte(17, VECTOR | LEVEL);
	expect_said("unmask 17,");
}

static void test_virtual_level(void **state)
{
	(void)state;
	vioapic_set_line(vm.d, 10, true);
	vioapic_set_line(vm.d, 99, true);
	set_rte(10, VECTOR | LEVEL); /* it is up already */
	assert_true(got(v, VECTOR));
	vioapic_set_line(vm.d, 10, true);
	assert_int_equal(vlapic_requested(v), -1);
	end(); /* still up */
	assert_true(got(v, VECTOR));
	vioapic_set_line(vm.d, 10, false);
	assert_int_equal(get_rte(10), VECTOR | LEVEL | REMOTE);
	end();
	assert_int_equal(get_rte(10), VECTOR | LEVEL);
	assert_int_equal(vlapic_pending(v), -1);
	set_rte(10, VECTOR | LEVEL | MASKED);
	vioapic_set_line(vm.d, 10, true);
	assert_int_equal(vlapic_pending(v), -1);
	set_rte(10, VECTOR | LEVEL);
	assert_true(got(v, VECTOR));
	assert_false(vioapic_interrupt(vm.d, 10));
}

static void test_virtual_edge(void **state)
{
	(void)state;
	set_rte(10, VECTOR);
	vioapic_set_line(vm.d, 10, true);
	assert_true(got(v, VECTOR));
	end();
	vioapic_set_line(vm.d, 10, true);
	assert_int_equal(vlapic_pending(v), -1);
	vioapic_set_line(vm.d, 10, false);
	assert_int_equal(vlapic_pending(v), -1);
	vioapic_set_line(vm.d, 10, true);
	assert_true(got(v, VECTOR));
	assert_int_equal(get_rte(10), VECTOR);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define TEST_VIRTUAL(f)                                                        \
	cmocka_unit_test_setup_teardown(f, set_up_virtual, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_registers),
		TEST(test_entries_read_back),
		TEST(test_binding),
		TEST(test_bind_error),
		TEST(test_edge),
		TEST(test_level),
		TEST(test_level_masked_in_service),
		TEST(test_level_when_masked),
		TEST(test_level_to_edge_ends),
		TEST(test_directed_eoi),
		TEST(test_shared_vector),
		TEST(test_no_target),
		TEST(test_nmi_entry),
		TEST(test_reset),
		TEST_VIRTUAL(test_virtual_level),
		TEST_VIRTUAL(test_virtual_edge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
