/* SPDX-License-Identifier: MIT */
#include "dev/pci.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "dev/acpi_iommu.h"
#include "dev/acpi_mcfg.h"
#include "dev/pci_msi.h"
#include "fake/pci_machine.h"

#define MCFG_BASE 0x400000u

struct acpi_mcfg acpi_mcfg[ACPI_MAX_MCFG];
unsigned int acpi_mcfg_count;
struct acpi_iommu acpi_iommus[ACPI_MAX_IOMMUS];
unsigned int acpi_iommu_count;

static uint32_t found[16];
static unsigned int found_count;

static int setup(void **state)
{
	(void)state;
	pci_machine_reset();
	acpi_mcfg[0] = (struct acpi_mcfg){ .base = maddr(MCFG_BASE),
					   .segment = 0,
					   .first_bus = 0,
					   .last_bus = 1 };
	acpi_mcfg[1] = (struct acpi_mcfg){ .base = maddr(0x200000),
					   .segment = 7,
					   .first_bus = 4,
					   .last_bus = 4 };
	acpi_mcfg_count = 2;
	pci_init();
	found_count = 0;
	return 0;
}

static void find(const struct pci_function *f, void *context)
{
	assert_null(context);
	found[found_count] = f->sbdf;
	found_count++;
}

static void test_sizes(void **state)
{
	(void)state;
	pci_machine_add(0x0108, 0x12345678);
	assert_int_equal(pci_read(0x0108, 0, 4), 0x12345678);
	assert_int_equal(pci_read(0x0108, 2, 2), 0x1234);
	assert_int_equal(pci_read(0x0108, 1, 1), 0x56);
	assert_int_equal(pci_read(0x0109, 0, 4), UINT32_MAX);
	pci_write(0x0108, PCI_COMMAND, 2, 0x0302);
	pci_write(0x0108, PCI_COMMAND + 1, 1, 0x05);
	assert_int_equal(pci_read(0x0108, PCI_COMMAND, 2), 0x0502);
}

static void test_memory_access(void **state)
{
	uint8_t *bus1 = pci_machine_memory(MCFG_BASE + 0x100000);
	uint8_t *other = pci_machine_memory(0x200000 + 0x400000);

	(void)state;
	bus1[0x8123] = 0x5a;
	assert_int_equal(pci_read(0x0108, 0x123, 1), 0x5a);
	pci_write(0x0108, 0x124, 4, 0x01020304);
	assert_int_equal(bus1[0x8124], 4);
	/* Bus 2 is not in memory, segment 1 does not exist. */
	assert_int_equal(pci_read(0x0208, 0x124, 4), UINT32_MAX);
	assert_int_equal(pci_read(0x10108, 0, 4), UINT32_MAX);
	/* Segment 7 begins at bus 4, and has no ports. */
	other[0] = 0x86;
	assert_int_equal(pci_read(0x70400, 0, 1), 0x86);
}

static void test_capabilities(void **state)
{
	struct pci_machine_function *f = pci_machine_add(8, 0x11112222);
	struct pci_function p;

	(void)state;
	pci_machine_add_msi(f, 0x50, 0x0180);
	pci_machine_add_msix(f, 0x70, 33, 4, 0x2000);
	assert_true(pci_probe(8, &p));
	assert_int_equal(p.msi, 0x50);
	assert_true(p.msi_64);
	assert_true(p.msi_maskable);
	assert_int_equal(p.msix, 0x70);
	assert_int_equal(p.msix_count, 33);
	assert_int_equal(p.msix_bar, 4);
	assert_int_equal(p.msix_offset, 0x2000);
	assert_int_equal(pci_msi_data_offset(&p), 0x5c);
	assert_false(pci_probe(16, &p));
}

static void test_capabilities_in_a_loop(void **state)
{
	struct pci_machine_function *f = pci_machine_add(8, 0x11112222);
	struct pci_function p;

	(void)state;
	pci_machine_add_msi(f, 0x50, 0);
	f->config[0x51] = 0x50;
	assert_true(pci_probe(8, &p));
	assert_int_equal(p.msi, 0x50);
	assert_false(p.msi_64);
}

static void test_bars(void **state)
{
	struct pci_machine_function *f = pci_machine_add(8, 0x11112222);
	struct pci_function p;

	(void)state;
	pci_machine_set_bar(f, 0, 0x1000, 0, 0xfe001000);
	pci_machine_set_bar(f, 1, 0x20, 1, 0xc000);
	pci_machine_set_bar(f, 2, 0x4000, 0xc, 0x00004000);
	pci_machine_set_bar(f, 3, 0, 0, 0x8);
	assert_true(pci_probe(8, &p));
	assert_int_equal(pci_bar_address(&p, 0), 0xfe001000);
	assert_int_equal(pci_bar_address(&p, 1), 0);
	assert_int_equal(pci_bar_address(&p, 2), 0x800004000);
	assert_int_equal(pci_bar_address(&p, 7), 0);
	f->config[PCI_HEADER_TYPE] = 1;
	assert_true(pci_probe(8, &p));
	assert_int_equal(pci_bar_address(&p, 2), 0);
}

static void test_scan(void **state)
{
	struct pci_machine_function *multi = pci_machine_add(0x10, 0x1);

	(void)state;
	pci_machine_add(0x13, 0x2);
	pci_machine_add(0x21, 0x3); /* no function 0: not looked for */
	pci_machine_add(0xff08, 0x4);
	multi->config[PCI_HEADER_TYPE] = 0x80;
	memset(pci_machine_memory(0x600000), 0xff, 0x100000);
	pci_scan(find, NULL);
	assert_int_equal(found_count, 3);
	assert_int_equal(found[0], 0x10);
	assert_int_equal(found[1], 0x13);
	assert_int_equal(found[2], 0xff08);
}

static void test_hidden(void **state)
{
	(void)state;
	assert_false(pci_is_hidden(0x18));
	pci_hide(0x18);
	pci_hide(0x18);
	assert_true(pci_is_hidden(0x18));
	assert_false(pci_is_hidden(0x10018));
}

static void test_iommus_are_hidden(void **state)
{
	(void)state;
	acpi_iommus[0] = (struct acpi_iommu){ .kind = ACPI_IOMMU_VTD };
	acpi_iommus[1] = (struct acpi_iommu){ .kind = ACPI_IOMMU_AMD,
					      .segment = 2,
					      .bdf = 0x10 };
	acpi_iommu_count = 2;
	pci_init();
	acpi_iommu_count = 0;
	assert_true(pci_is_hidden(0x20010));
	assert_false(pci_is_hidden(0));
}

static void test_msix_entry(void **state)
{
	const struct pci_msi_message m = pci_msi_message(5, 0x41);
	uint8_t *entry = pci_machine_memory(0x1000);
	const uint32_t want[] = { 0xfee05000, 0, 0x41, 0 };

	(void)state;
	pci_msix_mask(entry);
	assert_int_equal(entry[12], 1);
	pci_msix_write(entry, &m);
	assert_memory_equal(entry, want, sizeof(want));
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sizes),        TEST(test_memory_access),
		TEST(test_capabilities), TEST(test_capabilities_in_a_loop),
		TEST(test_bars),         TEST(test_scan),
		TEST(test_hidden),       TEST(test_iommus_are_hidden),
		TEST(test_msix_entry),
	};

	return cmocka_run_group_tests_name("pci", tests, NULL, NULL);
}
