/* SPDX-License-Identifier: MIT */
#include "dev/acpi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "fake/firmware.h"

#define TABLE_A 0xe1000u
#define TABLE_B 0xe2000u

static const uint64_t two[] = { TABLE_A, TABLE_B };

static int setup(void **state)
{
	(void)state;
	firmware_reset();
	firmware_table(TABLE_A, "AAAA", "0123456789", 10);
	firmware_table(TABLE_B, "BBBB", "", 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return firmware_mappings() == 0 ? 0 : -1;
}

static void expect_table(const char *name, uint64_t address, uint32_t length)
{
	const struct acpi_header *h = acpi_map(name, 0);

	assert_memory_equal(h, firmware_at(address), length);
	assert_int_equal(h->length, length);
	acpi_unmap(h);
}

static void expect_two_tables(void)
{
	expect_table("AAAA", TABLE_A, 46);
	expect_table("BBBB", TABLE_B, 36);
	assert_null(acpi_map("CCCC", 0));
	assert_null(acpi_map("SHRT", 0));
	assert_null(acpi_map("LONG", 0));
}

static void test_given_root(void **state)
{
	(void)state;
	assert_int_equal(acpi_init(firmware_root(two, 2)), 0);
	expect_two_tables();
}

static void test_search_bios_area(void **state)
{
	(void)state;
	firmware_root(two, 2);
	assert_int_equal(acpi_init(maddr(0)), 0);
	expect_two_tables();
}

static void test_root_pointer_checksums(void **state)
{
	struct acpi_rsdp *r = firmware_at(FIRMWARE_ROOT);

	(void)state;
	firmware_root(two, 2);
	r->checksum++;
	assert_int_equal(acpi_init(maddr(FIRMWARE_ROOT)), -XEN_ENOENT);
	r->checksum--;
	r->extended_checksum++;
	assert_int_equal(acpi_init(maddr(FIRMWARE_ROOT)), -XEN_ENOENT);
}

static void test_rsdt(void **state)
{
	const uint32_t narrow[] = { TABLE_A, TABLE_B };
	struct acpi_rsdp *r = firmware_at(FIRMWARE_ROOT);

	(void)state;
	firmware_root(two, 2);
	firmware_table(0xe3000, "RSDT", narrow, sizeof(narrow));
	r->revision = 0;
	r->rsdt = 0xe3000;
	r->xsdt = 0;
	r->extended_checksum = 0x55; /* not there in revision 0 */
	firmware_sum(r, 20, &r->checksum);
	assert_int_equal(acpi_init(maddr(FIRMWARE_ROOT)), 0);
	expect_two_tables();
}

static void test_bad_tables_are_skipped(void **state)
{
	const uint64_t list[] = { 0, TABLE_A, 0xe4000, TABLE_B, 0xe5000 };
	struct acpi_header *h = firmware_at(0xe4000);

	(void)state;
	memcpy(h->signature, "SHRT", 4);
	h->length = 35;
	firmware_table(0xe5000, "LONG", "", 0);
	((struct acpi_header *)firmware_at(0xe5000))->length = 0x80000000;
	assert_int_equal(acpi_init(firmware_root(list, 5)), 0);
	expect_two_tables();
}

static void test_wrong_checksum_is_used(void **state)
{
	(void)state;
	((struct acpi_header *)firmware_at(TABLE_A))->checksum++;
	assert_int_equal(acpi_init(firmware_root(two, 2)), 0);
	expect_two_tables();
}

static void test_map_least(void **state)
{
	const char *p;

	(void)state;
	assert_int_equal(acpi_init(firmware_root(two, 2)), 0);
	assert_null(acpi_map("AAAA", 47));
	p = acpi_map("AAAA", 46);
	assert_memory_equal(p + 36, "0123456789", 10);
	acpi_unmap(p);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_given_root),
		TEST(test_search_bios_area),
		TEST(test_root_pointer_checksums),
		TEST(test_rsdt),
		TEST(test_bad_tables_are_skipped),
		TEST(test_wrong_checksum_is_used),
		TEST(test_map_least),
	};

	return cmocka_run_group_tests_name("acpi", tests, NULL, NULL);
}
