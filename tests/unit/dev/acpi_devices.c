/* SPDX-License-Identifier: MIT */
#include "dev/acpi_devices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "dev/acpi.h"
#include "fake/firmware.h"

#define TABLE 0xe1000u

static uint8_t body[256];

static int setup(void **state)
{
	(void)state;
	firmware_reset();
	memset(body, 0, sizeof(body));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return firmware_mappings() == 0 ? 0 : -1;
}

static void put64(unsigned int offset, uint64_t value)
{
	memcpy(body + offset, &value, sizeof(value));
}

static void load(const char *signature, size_t len)
{
	const uint64_t table = TABLE;

	firmware_table(TABLE, signature, body, len);
	assert_int_equal(acpi_init(firmware_root(&table, 1)), 0);
}

/* Body offsets: 12 bytes, then a DRHD, something else, and another DRHD. */
static void test_dmar(void **state)
{
	(void)state;
	body[12 + 2] = 16;
	put64(12 + 8, 0xfed90000);
	body[28] = 1;
	body[28 + 2] = 8;
	body[36 + 2] = 16;
	body[36 + 5] = 1;
	body[36 + 6] = 3;
	put64(36 + 8, 0xfed91000);
	load("DMAR", 52);
	acpi_devices_init();
	assert_int_equal(acpi_iommu_count, 2);
	assert_int_equal(acpi_iommus[0].sbdf, UINT32_MAX);
	assert_int_equal(acpi_iommus[0].base.v, 0xfed90000);
	assert_int_equal(acpi_iommus[0].length, 0x1000);
	assert_int_equal(acpi_iommus[1].length, 0x2000);
}

/* A DRHD with the scopes of a function, an I/O APIC, and one behind a bridge. */
static void test_dmar_scopes(void **state)
{
	uint8_t *drhd = body + 12;
	uint8_t *scope = drhd + 16;

	(void)state;
	body[1] = 1; /* interrupt remapping */
	drhd[2] = 16 + 8 + 8 + 10;
	drhd[6] = 2;
	scope[0] = 1;
	scope[1] = 8;
	scope[4] = 9;
	scope[8] = 3;
	scope[8 + 1] = 8;
	scope[8 + 4] = 5;
	scope[8 + 5] = 0xf0;
	scope[8 + 6] = 0x1f;
	scope[8 + 7] = 7;
	scope[16] = 3;
	scope[16 + 1] = 10;
	scope[16 + 4] = 6;
	load("DMAR", 12 + drhd[2]);
	acpi_devices_init();
	assert_int_equal(acpi_ioapic_source_count, 1);
	assert_int_equal(acpi_ioapic_sources[0].id, 5);
	assert_int_equal(acpi_ioapic_sources[0].sbdf, 0x2f0ff);
	scope[8 + 1] = 0; /* would never end */
	load("DMAR", 12 + drhd[2]);
	acpi_devices_init();
	assert_int_equal(acpi_ioapic_source_count, 0);
	scope[8 + 1] = 8;
	body[1] = 0; /* the platform cannot */
	load("DMAR", 12 + drhd[2]);
	acpi_devices_init();
	assert_int_equal(acpi_ioapic_source_count, 0);
}

/* A unit with a device, a named one, an HPET and an I/O APIC; all twice. */
static void test_ivrs_special(void **state)
{
	static const uint8_t entries[] = {
		0x02, 0x08, 0x00, 0x00, /* select */
		0xf0, 0,    0,    0,    0, 0,    0, 0, 0, 0, 0, 0,
		0,    0,    0,    0,    0, 0,    0, 0, 0, 1, 0, /* named */
		0x48, 0,    0,    0,    0, 0x14, 0, 2,          /* HPET */
		0x48, 0,    0,    0,    7, 0xa0, 0, 1,          /* I/O APIC */
	};
	const uint8_t types[] = { 0x10, 0x11 };
	uint8_t *at = body + 12;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		const unsigned int header = i == 0 ? 24 : 40;

		at[0] = types[i];
		at[2] = (uint8_t)(header + sizeof(entries));
		memcpy(at + header, entries, sizeof(entries));
		at += header + sizeof(entries);
	}
	load("IVRS", (size_t)(at - body));
	acpi_devices_init();
	assert_int_equal(acpi_ioapic_source_count, 1);
	assert_int_equal(acpi_ioapic_sources[0].id, 7);
	assert_int_equal(acpi_ioapic_sources[0].sbdf, 0xa0);
	/* The last entry is cut off. */
	body[12 + 2]--;
	load("IVRS", 12 + body[12 + 2]);
	acpi_devices_init();
	assert_int_equal(acpi_ioapic_source_count, 0);
}

/* The same unit described twice, as firmware does. */
static void test_ivrs(void **state)
{
	const uint8_t types[] = { 0x10, 0x11 };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		body[12 + 24 * i] = types[i];
		body[12 + 24 * i + 2] = 24;
		body[12 + 24 * i + 4] = 0x10;
		put64(12 + 24 * i + 8, 0xfed80000);
		body[12 + 24 * i + 16] = 2;
	}
	load("IVRS", 60);
	acpi_devices_init();
	assert_int_equal(acpi_iommu_count, 1);
	assert_int_equal(acpi_iommus[0].sbdf, 0x20010);
	assert_int_equal(acpi_iommus[0].base.v, 0xfed80000);
}

/* An RMRR, one that ends before it begins, and an IVMD. */
static void test_regions(void **state)
{
	(void)state;
	body[12] = 1;
	body[12 + 2] = 24;
	put64(12 + 8, 0x7f000000);
	put64(12 + 16, 0x7f0fffff);
	body[36] = 1;
	body[36 + 2] = 24;
	put64(36 + 8, 0x7f000000);
	load("DMAR", 60);
	acpi_devices_init();
	assert_int_equal(acpi_iommu_count, 0);
	assert_int_equal(acpi_iommu_region_count, 1);
	assert_int_equal(acpi_iommu_regions[0].first, 0x7f000000);
	assert_int_equal(acpi_iommu_regions[0].last, 0x7f0fffff);
	memset(body, 0, sizeof(body));
	body[12] = 0x21;
	body[12 + 2] = 32;
	put64(12 + 16, 0x7e000000);
	put64(12 + 24, 0x2000);
	load("IVRS", 44);
	acpi_devices_init();
	assert_int_equal(acpi_iommu_region_count, 1);
	assert_int_equal(acpi_iommu_regions[0].first, 0x7e000000);
	assert_int_equal(acpi_iommu_regions[0].last, 0x7e001fff);
}

static void test_broken_structures(void **state)
{
	(void)state;
	body[12 + 2] = 0; /* would never end */
	load("DMAR", 52);
	acpi_devices_init();
	assert_int_equal(acpi_iommu_count, 0);
	body[12 + 2] = 200; /* beyond the table */
	load("DMAR", 52);
	acpi_devices_init();
	assert_int_equal(acpi_iommu_count, 0);
	load("DMAR", 4);
	acpi_devices_init();
	assert_int_equal(acpi_iommu_count, 0);
}

static void test_mcfg(void **state)
{
	(void)state;
	put64(8, 0xb0000000);
	body[8 + 8] = 7;
	body[8 + 10] = 4;
	body[8 + 11] = 0xff;
	put64(24, 0xc0000000);
	body[24 + 8] = 1;
	body[24 + 10] = 5;
	body[24 + 11] = 4; /* ends before it begins */
	load("MCFG", 40 + 7);
	acpi_devices_init();
	assert_int_equal(acpi_mcfg_count, 1);
	assert_int_equal(acpi_mcfg[0].base.v, 0xb0400000);
	assert_int_equal(acpi_mcfg[0].first, 0x70400);
	assert_int_equal(acpi_mcfg[0].count, 252 * 256);
	load("NONE", 0);
	acpi_devices_init();
	assert_int_equal(acpi_mcfg_count, 0);
}

static void test_hpet(void **state)
{
	(void)state;
	put64(8, 0xfed00000);
	load("HPET", 20);
	acpi_devices_init();
	assert_int_equal(acpi_hpet.v, 0xfed00000);
	load("HPET", 12);
	acpi_devices_init();
	assert_int_equal(acpi_hpet.v, 0);
	load("NONE", 0);
	acpi_devices_init();
	assert_int_equal(acpi_hpet.v, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_dmar),        TEST(test_ivrs),
		TEST(test_dmar_scopes), TEST(test_ivrs_special),
		TEST(test_regions),     TEST(test_broken_structures),
		TEST(test_mcfg),        TEST(test_hpet),
	};

	return cmocka_run_group_tests_name("acpi_devices", tests, NULL, NULL);
}
