/* SPDX-License-Identifier: MIT */
#include "dev/acpi_madt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "core/ioapic.h"
#include "fake/firmware.h"

#define MADT 0xe1000u

static uint8_t body[512];
static size_t body_len;
static struct acpi_cpu cpus[16];
static unsigned int cpu_count;
static struct ioapic_info ioapics[8];
static unsigned int ioapics_added;

static unsigned int disabled_8259;

void ioapic_disable_8259(void)
{
	disabled_8259++;
}

void ioapic_add(uint8_t id, uint64_t base, uint32_t gsi_base)
{
	ioapics[ioapics_added].id = id;
	ioapics[ioapics_added].base = base;
	ioapics[ioapics_added].gsi_base = gsi_base;
	ioapics_added++;
}

static int setup(void **state)
{
	(void)state;
	firmware_reset();
	memset(body, 0, sizeof(body));
	body_len = 8;
	cpu_count = 0;
	ioapics_added = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return firmware_mappings() == 0 ? 0 : -1;
}

static void add(const void *entry, size_t len)
{
	memcpy(body + body_len, entry, len);
	body_len += len;
}

static void add_lapic(uint8_t uid, uint8_t id, uint32_t flags)
{
	const struct madt_lapic e = { { MADT_LAPIC, 8 }, uid, id, flags };

	add(&e, sizeof(e));
}

static void add_x2apic(uint32_t uid, uint32_t id, uint32_t flags)
{
	const struct madt_x2apic e = { { MADT_X2APIC, 16 }, 0, id, flags, uid };

	add(&e, sizeof(e));
}

static void add_override(uint8_t irq, uint32_t gsi, uint16_t flags)
{
	const struct madt_override e = {
		{ MADT_OVERRIDE, 10 }, 0, irq, gsi, flags,
	};

	add(&e, sizeof(e));
}

static void found(const struct acpi_cpu *cpu, void *context)
{
	assert_ptr_equal(context, cpus);
	cpus[cpu_count] = *cpu;
	cpu_count++;
}

static void parse(void)
{
	const uint64_t table = MADT;

	firmware_table(MADT, "APIC", body, body_len);
	assert_int_equal(acpi_init(firmware_root(&table, 1)), 0);
	assert_int_equal(acpi_madt_init(), 0);
	acpi_madt_cpus(found, cpus);
}

static void test_cpus(void **state)
{
	(void)state;
	add_lapic(1, 0, 1);
	add_lapic(2, 4, 0);    /* absent */
	add_lapic(3, 6, 2);    /* may come later */
	add_lapic(4, 0xff, 1); /* no id */
	add_x2apic(5, 300, 1);
	parse();
	assert_int_equal(cpu_count, 2);
	assert_int_equal(cpus[0].apic_id, 0);
	assert_int_equal(cpus[0].uid, 1);
	assert_int_equal(cpus[1].apic_id, 300);
	assert_int_equal(cpus[1].uid, 5);
}

static void test_cpu_listed_twice(void **state)
{
	(void)state;
	add_lapic(0, 0, 1);
	add_lapic(1, 2, 1);
	add_x2apic(0, 0, 1);
	add_x2apic(1, 2, 1);
	parse();
	assert_int_equal(cpu_count, 2);
}

static void test_ioapics(void **state)
{
	const struct madt_ioapic e = {
		{ MADT_IOAPIC, 12 }, 9, 0, 0xfec01000, 24,
	};

	(void)state;
	add(&e, sizeof(e));
	parse();
	assert_int_equal(ioapics_added, 1);
	assert_int_equal(ioapics[0].id, 9);
	assert_int_equal(ioapics[0].base, 0xfec01000);
	assert_int_equal(ioapics[0].gsi_base, 24);
}

static void test_overrides(void **state)
{
	(void)state;
	add_override(0, 2, 0);
	add_override(9, 20, 0xf);
	add_override(10, 10, 0xd);
	add_override(99, 1, 0); /* no such ISA interrupt */
	parse();
	assert_int_equal(acpi_madt_isa_irq(0)->gsi, 2);
	assert_false(acpi_madt_isa_irq(0)->level);
	assert_int_equal(acpi_madt_isa_irq(9)->gsi, 20);
	assert_true(acpi_madt_isa_irq(9)->level);
	assert_true(acpi_madt_isa_irq(9)->active_low);
	assert_false(acpi_madt_isa_irq(10)->active_low);
	assert_int_equal(acpi_madt_isa_irq(4)->gsi, 4);
}

static void test_broken_entries_end_the_list(void **state)
{
	const uint8_t endless[] = { MADT_LAPIC, 0, 0, 0 };
	const uint8_t beyond[] = { MADT_LAPIC, 200, 7, 7 };

	(void)state;
	add_lapic(1, 2, 1);
	add(endless, sizeof(endless));
	parse();
	assert_int_equal(cpu_count, 1);

	setup(NULL);
	add_lapic(1, 2, 1);
	add(beyond, sizeof(beyond));
	parse();
	assert_int_equal(cpu_count, 1);
}

static void test_short_entries_are_skipped(void **state)
{
	const uint8_t lapic[] = { MADT_LAPIC, 4, 7, 7 };
	const uint8_t ioapic[] = { MADT_IOAPIC, 4, 7, 7 };

	(void)state;
	add(lapic, sizeof(lapic));
	add(ioapic, sizeof(ioapic));
	add_lapic(1, 2, 1);
	parse();
	assert_int_equal(cpu_count, 1);
	assert_int_equal(ioapics_added, 0);
}

static void test_8259(void **state)
{
	(void)state;
	disabled_8259 = 0;
	parse();
	assert_int_equal(disabled_8259, 1);
}

static void test_no_madt(void **state)
{
	(void)state;
	assert_int_equal(acpi_init(firmware_root(NULL, 0)), 0);
	assert_int_equal(acpi_madt_init(), -XEN_ENOENT);
	acpi_madt_cpus(found, cpus);
	assert_int_equal(cpu_count, 0);
	assert_int_equal(acpi_madt_isa_irq(3)->gsi, 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cpus),
		TEST(test_cpu_listed_twice),
		TEST(test_ioapics),
		TEST(test_overrides),
		TEST(test_broken_entries_end_the_list),
		TEST(test_short_entries_are_skipped),
		TEST(test_8259),
		TEST(test_no_madt),
	};

	return cmocka_run_group_tests_name("acpi_madt", tests, NULL, NULL);
}
