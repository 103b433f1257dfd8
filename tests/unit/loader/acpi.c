/* SPDX-License-Identifier: MIT */
#include "svcvm/loader/acpi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "svcvm/loader/acpi_tables.h"
#include "unit/loader/memory.h"

#define PLACE    (MEMORY_START + 0x2000) /* of the tables */
#define ROOM     0x2000u
#define FIRMWARE (MEMORY_START + 0x10000)

static struct inputs inputs;
static struct report why;

/* Writes a table of the firmware. */
static void table(uint64_t gpa, const char *name, const void *body, size_t len)
{
	struct acpi_header *h = memory_at(gpa);

	acpi_header_init(h, name, 1);
	memcpy(h + 1, body, len);
	acpi_header_seal(h, sizeof(*h) + len);
}

/* A machine with the usual tables and some that are not to be seen; its root
 * table has pointers of `width` bytes. */
static void machine(size_t width)
{
	static const char names[][5] = { "FACP", "APIC", "HPET", "DMAR",
					 "SSDT", "MCFG", "SRAT", "SSDT" };
	const uint8_t madt[] = {
		0,    0, 0, 0, 1, 0, 0,  0, /* PCAT_COMPAT */
		0,    8, 0, 0, 1, 0, 0,  0, 1, 12, 2, 0, 0, 0,   0xc0,
		0xfe, 0, 0, 0, 0, 2, 10, 0, 9, 9,  0, 0, 0, 0xd, 0,
	};
	const size_t count = sizeof(names) / sizeof(names[0]);
	struct acpi_rsdp *r = memory_at(PLACE);
	uint8_t list[sizeof(names) / sizeof(names[0]) * 8];

	for (size_t i = 0; i < count; i++) {
		const uint64_t gpa = FIRMWARE + 0x100 * i;

		table(gpa, names[i], madt, sizeof(madt));
		memcpy(list + i * width, &gpa, width);
	}
	table(FIRMWARE + 0x1000, "XSDT", list, count * width);
	acpi_rsdp_init(r, FIRMWARE + 0x1000);
	if (width == 4) {
		r->revision = 0;
		r->rsdt = FIRMWARE + 0x1000;
	}
}

static int set_up(void **state)
{
	if (memory_map(state) != 0) {
		return -1;
	}
	inputs.start_info.rsdp_paddr = PLACE;
	inputs.start_info.memmap_entries = 2;
	inputs.memmap[0] = memory_entry();
	inputs.memmap[1] = (struct hvm_memmap_table_entry){
		.addr = PLACE,
		.size = ROOM,
		.type = XEN_HVM_MEMMAP_TYPE_ACPI,
	};
	machine(8);
	return 0;
}

static void *at(uint64_t gpa)
{
	assert_in_range(gpa, PLACE, PLACE + ROOM - 1);
	return memory_at(gpa);
}

static struct acpi_header *table_at(uint64_t gpa, const char *name)
{
	struct acpi_header *h = at(gpa);

	assert_memory_equal(h->signature, name, 4);
	assert_int_equal(acpi_checksum(h, h->length), 0);
	return h;
}

/* Builds and returns the pointers of the root table. */
static const uint64_t *build(unsigned int vcpus, size_t *count)
{
	const struct acpi_rsdp *r = at(PLACE);
	struct acpi_header *xsdt;

	assert_int_equal(acpi_replace(&inputs, vcpus, &why), 0);
	assert_memory_equal(r->signature, "RSD PTR ", 8);
	assert_int_equal(acpi_checksum(r, 20), 0);
	assert_int_equal(acpi_checksum(r, 36), 0);
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

static void check_list(void)
{
	size_t count;
	const uint64_t *list = build(2, &count);

	assert_int_equal(count, 5);
	table_at(entry(list, 0), "APIC");
	assert_int_equal(entry(list, 1), FIRMWARE + 0x000); /* FACP */
	assert_int_equal(entry(list, 2), FIRMWARE + 0x400); /* SSDT */
	assert_int_equal(entry(list, 3), FIRMWARE + 0x500); /* MCFG */
	assert_int_equal(entry(list, 4), FIRMWARE + 0x700); /* the other SSDT */
}

static void test_list(void **state)
{
	(void)state;
	check_list();
}

static void test_old_root(void **state)
{
	(void)state;
	machine(4);
	check_list();
}

static void test_madt(void **state)
{
	size_t count;
	const struct acpi_madt *m =
		(void *)table_at(entry(build(3, &count), 0), "APIC");
	const struct acpi_madt_lapic *vcpu = (const void *)(m + 1);
	const uint8_t *rest = (const void *)(vcpu + 3);
	const uint8_t io_apic[] = { 1, 12, 2, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0 };
	const uint8_t override[] = { 2, 10, 0, 9, 9, 0, 0, 0, 0xd, 0 };

	(void)state;
	assert_int_equal(m->header.length, sizeof(*m) + 3 * sizeof(*vcpu) +
						   sizeof(io_apic) +
						   sizeof(override));
	assert_int_equal(m->lapic, 0xfee00000);
	assert_int_equal(m->flags, 0);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(vcpu[i].type, 0);
		assert_int_equal(vcpu[i].length, 8);
		assert_int_equal(vcpu[i].uid, i);
		assert_int_equal(vcpu[i].apic_id, 2 * i);
		assert_int_equal(vcpu[i].flags, 1);
	}
	assert_memory_equal(rest, io_apic, sizeof(io_apic));
	assert_memory_equal(rest + sizeof(io_apic), override, sizeof(override));
}

static void test_largest(void **state)
{
	size_t count;

	(void)state;
	(void)build(128, &count);
	assert_int_equal(count, 5);
}

/* Whatever the room, nothing is written past it, and the machine's root pointer
 * stays until all is there. */
static void test_no_room(void **state)
{
	unsigned int fits = 0;

	(void)state;
	for (uint64_t size = sizeof(struct acpi_rsdp); size < 512; size++) {
		uint8_t *room = memory_at(PLACE);

		machine(8);
		memset(room + size, 0x5a, 512);
		inputs.memmap[1].size = size;
		if (acpi_replace(&inputs, 4, &why) == 0) {
			fits++;
		} else {
			assert_int_equal(((struct acpi_rsdp *)room)->xsdt,
					 FIRMWARE + 0x1000);
		}
		for (unsigned int i = 0; i < 512; i++) {
			assert_int_equal(room[size + i], 0x5a);
		}
	}
	assert_in_range(fits, 1, 400);
}

/* In bare QEMU the pointer is the firmware's own. */
static void test_elsewhere(void **state)
{
	struct acpi_rsdp before;

	(void)state;
	memcpy(&before, memory_at(PLACE), sizeof(before));
	inputs.memmap[1].type = XEN_HVM_MEMMAP_TYPE_RESERVED;
	assert_int_equal(acpi_replace(&inputs, 1, &why), 0);
	assert_memory_equal(memory_at(PLACE), &before, sizeof(before));
}

/* Pointers to nowhere, lengths of nonsense. */
static void test_broken(void **state)
{
	struct acpi_rsdp *r = memory_at(PLACE);
	size_t count;

	(void)state;
	((struct acpi_header *)memory_at(FIRMWARE))->length = 35;
	((uint8_t *)memory_at(FIRMWARE + 0x100))[45] =
		1; /* an entry of 1 byte */
	((struct acpi_header *)memory_at(FIRMWARE + 0x400))->length = ~0u;
	(void)build(1, &count);
	assert_int_equal(count, 3);
	acpi_rsdp_init(r, UINT64_C(0x100000000));
	assert_int_not_equal(acpi_replace(&inputs, 1, &why), 0);
	assert_string_equal(why.text, "ACPI: no root table");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, memory_unmap)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_list),    TEST(test_old_root), TEST(test_madt),
		TEST(test_largest), TEST(test_no_room),  TEST(test_elsewhere),
		TEST(test_broken),
	};

	return cmocka_run_group_tests_name("acpi", tests, NULL, NULL);
}
