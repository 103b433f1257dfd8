/* SPDX-License-Identifier: MIT */
#include "dev/acpi_fadt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "arch/x86/asm.h"
#include "dev/acpi_power.h"
#include "fake/firmware.h"
#include "mm/vmap.h"

#define FADT 0xe1000u
#define DSDT 0xe2000u
#define SSDT 0xe3000u

static uint8_t fadt[268]; /* whole table, by the specification's offsets */
static uint16_t port_value[0x10000];
static uint16_t written[8];
static unsigned int written_count;

void *mm_map_device(maddr_t base, size_t len)
{
	(void)base;
	(void)len;
	return NULL;
}

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
	const uint64_t tables[] = { FADT, SSDT };

	firmware_table(FADT, "FACP", fadt + 36, length - 36);
	assert_int_equal(acpi_init(firmware_root(tables, 2)), 0);
	assert_int_equal(acpi_fadt_init(), 0);
}

static void test_old_revision(void **state)
{
	(void)state;
	parse(116);
	assert_int_equal(acpi_fadt.pm1a_control.space, ACPI_SPACE_IO);
	assert_int_equal(acpi_fadt.pm1a_control.address, 0x604);
	assert_int_equal(acpi_fadt.pm1a_event.bit_width, 32);
	assert_int_equal(acpi_fadt.pm_timer.address, 0x608);
	assert_int_equal(acpi_fadt.sci_irq, 9);
	assert_int_equal(acpi_fadt.reset.address, 0);
	assert_true(acpi_fadt.has_s5);
	assert_int_equal(acpi_fadt.s5_type_a, 5);
	assert_int_equal(acpi_fadt.s5_type_b, 0);
}

static void test_extended_fields_win(void **state)
{
	(void)state;
	put_gas(172, ACPI_SPACE_IO, 0x904);
	put32(112, ACPI_FADT_RESET_SUPPORTED);
	put_gas(116, ACPI_SPACE_IO, 0xcf9);
	fadt[128] = 6;
	parse(268);
	assert_int_equal(acpi_fadt.pm1a_control.address, 0x904);
	assert_int_equal(acpi_fadt.pm1a_event.address, 0x600);
	assert_int_equal(acpi_fadt.reset.address, 0xcf9);
	assert_int_equal(acpi_fadt.reset_value, 6);
}

static void test_too_short(void **state)
{
	const uint64_t table = FADT;

	(void)state;
	firmware_table(FADT, "FACP", fadt, 40);
	assert_int_equal(acpi_init(firmware_root(&table, 1)), 0);
	assert_int_equal(acpi_fadt_init(), -XEN_ENOENT);
}

static void test_s5_in_ssdt(void **state)
{
	(void)state;
	firmware_table(DSDT, "DSDT", "nothing", 7);
	firmware_table(SSDT, "SSDT", s5, sizeof(s5));
	parse(116);
	assert_true(acpi_fadt.has_s5);
	firmware_table(SSDT, "SSDT", "nothing", 7);
	parse(116);
	assert_false(acpi_fadt.has_s5);
}

static void test_s5_forms(void **state)
{
	const uint8_t plain[] = { 8, '_', 'S', '5', '_', 0x12, 4, 2, 1, 0xff };
	const uint8_t wide[] = { 8,    '_', 'S', '5', '_',  0x12, 0x40, 1, 2,
				 0x0b, 7,   0,   0xc, 0x11, 0,    0,    0 };
	const uint8_t one[] = { 8, '_', 'S', '5', '_', 0x12, 3, 1, 0x0a, 6 };
	const uint8_t used[] = { 'x', '_', 'S', '5', '_', 0x12, 3, 1, 0x0a, 6 };
	const uint8_t name[] = { 8, '_', 'S', '5', '_', 0x12,
				 8, 2,   '_', 'A', 'B', 'C' };
	uint8_t a;
	uint8_t b;

	(void)state;
	assert_true(acpi_find_s5(plain, sizeof(plain), &a, &b));
	assert_int_equal(a, 1);
	assert_int_equal(b, 0xff);
	assert_true(acpi_find_s5(wide, sizeof(wide), &a, &b));
	assert_int_equal(a, 7);
	assert_int_equal(b, 0x11);
	assert_true(acpi_find_s5(one, sizeof(one), &a, &b));
	assert_int_equal(b, 6);
	assert_false(acpi_find_s5(used, sizeof(used), &a, &b));
	assert_false(acpi_find_s5(name, sizeof(name), &a, &b));
}

/* Every prefix of a right package is wrong, and none is read past its end. */
static void test_s5_cut_short(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(s5) - 1; len++) {
		uint8_t *copy = test_malloc(len + 1);
		uint8_t a;
		uint8_t b;

		memcpy(copy, s5, len);
		assert_false(acpi_find_s5(copy, len, &a, &b));
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
		TEST(test_too_short),    TEST(test_s5_in_ssdt),
		TEST(test_s5_forms),     TEST(test_s5_cut_short),
		TEST(test_power_off),    TEST(test_power_off_unknown),
	};

	return cmocka_run_group_tests_name("acpi_fadt", tests, NULL, NULL);
}
