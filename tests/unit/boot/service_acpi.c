/* SPDX-License-Identifier: MIT */
#include "boot/service_acpi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "dev/acpi_madt.h"
#include "fake/firmware.h"
#include "lib/checksum.h"

#define BUFFER 0x7654000u /* where the service VM has it */

static uint8_t buffer[SERVICE_ACPI_SIZE] __attribute__((aligned(16)));

/* A machine with the usual tables and some that are not to be seen. */
static int setup(void **state)
{
	static const char names[][5] = { "FACP", "APIC", "HPET", "DMAR",
					 "SSDT", "MCFG", "SRAT", "SSDT" };
	const uint8_t madt[] = {
		0,    0, 0, 0, 1, 0, 0,  0, /* PCAT_COMPAT */
		0,    8, 0, 0, 1, 0, 0,  0, 1, 12, 2, 0, 0, 0,   0xc0,
		0xfe, 0, 0, 0, 0, 2, 10, 0, 9, 9,  0, 0, 0, 0xd, 0,
	};
	uint64_t tables[ARRAY_SIZE(names)];

	(void)state;
	firmware_reset();
	memset(buffer, 0, sizeof(buffer));
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		tables[i] = 0xe1000 + 0x100 * i;
		firmware_table(tables[i], names[i], madt, sizeof(madt));
	}
	return acpi_init(firmware_root(tables, 8));
}

static const void *at(uint64_t address)
{
	assert_in_range(address, BUFFER, BUFFER + sizeof(buffer) - 1);
	return buffer + (address - BUFFER);
}

static const struct acpi_header *table_at(uint64_t address, const char *name)
{
	const struct acpi_header *h = at(address);

	assert_memory_equal(h->signature, name, 4);
	assert_int_equal(checksum_bytes(h, h->length), 0);
	return h;
}

static const uint64_t *build(unsigned int vcpus, unsigned int *count)
{
	const struct acpi_header *xsdt;
	const struct acpi_rsdp *r;
	gaddr_t rsdp;

	assert_int_equal(service_acpi_build(buffer, sizeof(buffer),
					    gaddr(BUFFER), vcpus, &rsdp),
			 0);
	r = at(rsdp.v);
	assert_memory_equal(r->signature, "RSD PTR ", 8);
	assert_int_equal(checksum_bytes(r, 20), 0);
	assert_int_equal(checksum_bytes(r, 36), 0);
	assert_int_equal(r->revision, 2);
	xsdt = table_at(r->xsdt, "XSDT");
	*count = (xsdt->length - 36) / 8;
	return (const uint64_t *)(const void *)(xsdt + 1);
}

static uint64_t entry(const uint64_t *list, unsigned int i)
{
	uint64_t value;

	memcpy(&value, (const uint8_t *)list + 8 * i, sizeof(value));
	return value;
}

static void test_list(void **state)
{
	unsigned int count;
	const uint64_t *list = build(2, &count);

	(void)state;
	assert_int_equal(count, 5);
	table_at(entry(list, 0), "APIC");
	assert_int_equal(entry(list, 1), 0xe1000); /* FACP */
	assert_int_equal(entry(list, 2), 0xe1400); /* SSDT */
	assert_int_equal(entry(list, 3), 0xe1500); /* MCFG */
	assert_int_equal(entry(list, 4), 0xe1700); /* the other SSDT */
}

static void test_madt(void **state)
{
	unsigned int count;
	const struct acpi_header *h =
		table_at(entry(build(3, &count), 0), "APIC");
	const struct madt *m = (const struct madt *)h;
	const struct madt_lapic *cpu = (const struct madt_lapic *)(m + 1);
	const struct madt_ioapic *io = (const struct madt_ioapic *)(cpu + 3);
	const struct madt_override *o = (const struct madt_override *)(io + 1);

	(void)state;
	assert_int_equal(h->length, sizeof(*m) + 3 * sizeof(*cpu) +
					    sizeof(*io) + sizeof(*o));
	assert_int_equal(m->lapic_address, 0xfee00000);
	assert_int_equal(m->flags, 0);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(cpu[i].entry.type, MADT_LAPIC);
		assert_int_equal(cpu[i].entry.length, 8);
		assert_int_equal(cpu[i].uid, i);
		assert_int_equal(cpu[i].apic_id, 2 * i);
		assert_int_equal(cpu[i].flags, 1);
	}
	assert_int_equal(io->entry.type, MADT_IOAPIC);
	assert_int_equal(io->id, 2);
	assert_int_equal(io->address, 0xfec00000);
	assert_int_equal(o->entry.type, MADT_OVERRIDE);
	assert_int_equal(o->irq, 9);
	assert_int_equal(o->gsi, 9);
	assert_int_equal(o->flags, 0xd);
}

static void test_largest(void **state)
{
	unsigned int count;

	(void)state;
	(void)build(128, &count);
	assert_int_equal(count, 5);
}

/* Whatever the room, nothing is written past it. */
static void test_no_room(void **state)
{
	gaddr_t rsdp = gaddr(1);
	unsigned int fits = 0;

	(void)state;
	for (size_t size = 0; size < 512; size++) {
		uint8_t *room = test_calloc(1, size + 1);

		fits += service_acpi_build(room, size, gaddr(BUFFER), 4,
					   &rsdp) == 0;
		test_free(room);
	}
	assert_in_range(fits, 1, 400);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_list),
		TEST(test_madt),
		TEST(test_largest),
		TEST(test_no_room),
	};

	return cmocka_run_group_tests_name("service_acpi", tests, NULL, NULL);
}
