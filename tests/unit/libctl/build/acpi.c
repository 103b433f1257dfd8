/* SPDX-License-Identifier: MIT */
#include "libctl/build/acpi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define GADDR 0xfc000000u

static _Alignas(8) uint8_t tables[0x2000];

static uint64_t read_le(const uint8_t *p, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, p, size);
	return value;
}

static void expect_sum(const uint8_t *p, size_t size)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < size; i++) {
		sum = (uint8_t)(sum + p[i]);
	}
	assert_int_equal(sum, 0);
}

static const uint8_t *table_at(uint64_t gaddr, const char *signature)
{
	const uint8_t *p = tables + (gaddr - GADDR);

	assert_memory_equal(p, signature, 4);
	expect_sum(p, read_le(p + 4, 4));
	return p;
}

/* By the way a guest goes: RSDP, XSDT, the tables. */
static const uint8_t *find(size_t index, const char *signature)
{
	const uint8_t *xsdt;

	assert_memory_equal(tables, "RSD PTR ", 8);
	expect_sum(tables, 20);
	expect_sum(tables, 36);
	assert_int_equal(tables[15], 2);
	xsdt = table_at(read_le(tables + 24, 8), "XSDT");
	assert_int_equal(read_le(xsdt + 4, 4), 36 + 2 * 8);
	return table_at(read_le(xsdt + 36 + 8 * index, 8), signature);
}

static void fadt_says_that_there_is_no_legacy_hardware(void **state)
{
	const uint8_t *fadt;

	(void)state;
	assert_int_not_equal(acpi_build(tables, sizeof(tables), GADDR, 1), 0);
	fadt = find(0, "FACP");
	assert_int_equal(read_le(fadt + 4, 4), 268);
	assert_int_equal(fadt[8], 5);
	assert_true(read_le(fadt + 112, 4) & 1u << 20);
	assert_int_equal(read_le(fadt + 109, 2), 1u << 2 | 1u << 5);
	assert_int_equal(read_le(fadt + 40, 4), read_le(fadt + 140, 8));
	table_at(read_le(fadt + 140, 8), "DSDT");
}

static void madt_has_all_vcpus(void **state)
{
	const uint8_t *madt;

	(void)state;
	assert_int_not_equal(acpi_build(tables, sizeof(tables), GADDR, 128), 0);
	madt = find(1, "APIC");
	assert_int_equal(read_le(madt + 36, 4), 0xfee00000);
	assert_int_equal(read_le(madt + 4, 4), 44 + 128 * 8);
	for (uint32_t i = 0; i < 128; i++) {
		const uint8_t *entry = madt + 44 + 8 * i;

		assert_int_equal(entry[0], 0);
		assert_int_equal(entry[1], 8);
		assert_int_equal(entry[2], i);
		assert_int_equal(entry[3], 2 * i);
		assert_int_equal(entry[4], 1);
	}
}

static void dsdt_is_one_empty_scope(void **state)
{
	const uint8_t *dsdt;

	(void)state;
	acpi_build(tables, sizeof(tables), GADDR, 1);
	dsdt = table_at(read_le(find(0, "FACP") + 140, 8), "DSDT");
	assert_int_equal(read_le(dsdt + 4, 4), 36 + 7);
	assert_memory_equal(dsdt + 36, "\x10\x06\\_SB_", 7);
}

static void refuses_what_does_not_fit(void **state)
{
	(void)state;
	assert_int_equal(acpi_build(tables, sizeof(tables), GADDR, 129), 0);
	assert_int_equal(acpi_build(tables, 500, GADDR, 128), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fadt_says_that_there_is_no_legacy_hardware),
		cmocka_unit_test(madt_has_all_vcpus),
		cmocka_unit_test(dsdt_is_one_empty_scope),
		cmocka_unit_test(refuses_what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
