/* SPDX-License-Identifier: MIT */
#include "dev/acpi_power.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "arch/x86/asm.h"
#include "fake/firmware.h"

#define FADT 0xe1000u
#define DSDT 0xe2000u

static uint8_t fadt[268]; /* whole table, by the specification's offsets */
static uint16_t port_value[0x10000];
static uint16_t written[8];
static unsigned int written_count;

static uint32_t port_in(uint16_t port, unsigned int bytes)
{
	(void)bytes;
	return port_value[port];
}

static void port_out(uint16_t port, unsigned int bytes, uint32_t value)
{
	(void)bytes;
	port_value[port] = (uint16_t)value;
	if (port != 0x80) {
		written[written_count % ARRAY_SIZE(written)] = port;
		written_count++;
	}
}

static void put32(unsigned int offset, uint32_t value)
{
	memcpy(fadt + offset, &value, sizeof(value));
}

static void put_gas(unsigned int offset, uint8_t space, uint64_t address)
{
	const struct acpi_gas g = { space, 16, 0, 2, address };

	memcpy(fadt + offset, &g, sizeof(g));
}

/* \_S5 = { 5, 0 } with a path from the root, as most firmware has it. */
static const uint8_t s5[] = { 0x08, '\\', '_',  'S',  '5',  '_', 0x12,
			      0x06, 0x02, 0x0a, 0x05, 0x00, 0x00 };

static int setup(void **state)
{
	(void)state;
	firmware_reset();
	memset(fadt, 0, sizeof(fadt));
	memset(port_value, 0, sizeof(port_value));
	written_count = 0;
	fake_port_in = port_in;
	fake_port_out = port_out;
	put32(40, DSDT);
	fadt[46] = 9;
	put32(56, 0x600);
	put32(64, 0x604);
	put32(76, 0x608);
	fadt[88] = 4;
	fadt[89] = 2;
	fadt[91] = 4;
	firmware_table(DSDT, "DSDT", s5, sizeof(s5));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return firmware_mappings() == 0 ? 0 : -1;
}

static void parse(size_t length)
{
	const uint64_t table = FADT;

	firmware_table(FADT, "FACP", fadt + 36, length - 36);
	assert_int_equal(acpi_init(firmware_root(&table, 1)), 0);
	assert_int_equal(acpi_power_init(), 0);
}

static void test_old_revision(void **state)
{
	(void)state;
	parse(116);
	assert_int_equal(acpi_power.pm1_control[0], 0x604);
	assert_int_equal(acpi_power.pm1_control[1], 0);
	assert_int_equal(acpi_power.reset_port, 0);
	assert_true(acpi_power.has_s5);
	assert_int_equal(acpi_power.s5_type[0], 5);
	assert_int_equal(acpi_power.s5_type[1], 0);
}

static void test_extended_fields_win(void **state)
{
	(void)state;
	put_gas(172, ACPI_SPACE_IO, 0x904);
	put_gas(116, ACPI_SPACE_IO, 0xcf9);
	fadt[128] = 6;
	parse(268);
	assert_int_equal(acpi_power.pm1_control[0], 0x904);
	assert_int_equal(acpi_power.reset_port, 0); /* the flag is clear */
	put32(112, 0x400);
	parse(268);
	assert_int_equal(acpi_power.reset_port, 0xcf9);
	assert_int_equal(acpi_power.reset_value, 6);
}

static void test_too_short(void **state)
{
	const uint64_t table = FADT;

	(void)state;
	firmware_table(FADT, "FACP", fadt, 40);
	assert_int_equal(acpi_init(firmware_root(&table, 1)), 0);
	assert_int_equal(acpi_power_init(), -XEN_ENOENT);
}

static void test_no_s5(void **state)
{
	(void)state;
	firmware_table(DSDT, "DSDT", "nothing", 7);
	parse(116);
	assert_false(acpi_power.has_s5);
}

static void test_s5_forms(void **state)
{
	const uint8_t plain[] = { 8, '_', 'S', '5', '_', 0x12, 4, 2, 1, 0 };
	const uint8_t wide[] = { 8, '_', 'S', '5',  '_', 0x12, 0x40,
				 1, 2,   0xa, 0x07, 0xa, 0x11 };
	const uint8_t used[] = { 'x', '_', 'S', '5', '_', 0x12, 3, 1, 0x0a, 6 };
	uint8_t copy[16] = { 0 };
	uint8_t type[2];

	(void)state;
	memcpy(copy + 1, plain, sizeof(plain));
	assert_true(acpi_power_find_s5(copy, sizeof(copy), type));
	assert_int_equal(type[0], 1);
	assert_int_equal(type[1], 0);
	memcpy(copy + 1, wide, sizeof(wide));
	assert_true(acpi_power_find_s5(copy, sizeof(copy), type));
	assert_int_equal(type[0], 7);
	assert_int_equal(type[1], 0x11);
	memcpy(copy + 1, used, sizeof(used));
	assert_false(acpi_power_find_s5(copy, sizeof(copy), type));
}

/* Nothing is read past the end of what there is. */
static void test_s5_cut_short(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(s5); len++) {
		uint8_t *copy = test_malloc(len + (len == 0));
		uint8_t type[2];

		memcpy(copy, s5, len);
		assert_int_equal(acpi_power_find_s5(copy, len, type), len > 6);
		test_free(copy);
	}
}

static void test_power_off(void **state)
{
	(void)state;
	put32(68, 0x644);
	parse(116);
	port_value[0x604] = 0x1c01; /* SCI_EN, old sleep type */
	acpi_power_off();
	assert_int_equal(written_count, 4);
	assert_int_equal(written[0], 0x604);
	assert_int_equal(written[1], 0x644);
	assert_int_equal(port_value[0x604], 0x2000 | 5 << 10 | 1);
	assert_int_equal(port_value[0x644], 0x2000);
}

static void test_power_off_unknown(void **state)
{
	(void)state;
	firmware_table(DSDT, "DSDT", "nothing", 7);
	parse(116);
	acpi_power_off();
	assert_int_equal(written_count, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_old_revision), TEST(test_extended_fields_win),
		TEST(test_too_short),    TEST(test_no_s5),
		TEST(test_s5_forms),     TEST(test_s5_cut_short),
		TEST(test_power_off),    TEST(test_power_off_unknown),
	};

	return cmocka_run_group_tests_name("acpi_power", tests, NULL, NULL);
}
