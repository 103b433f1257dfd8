/* SPDX-License-Identifier: MIT */
#include "dev/pci.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "dev/acpi_devices.h"
#include "fake/pci_machine.h"

#define MCFG_BASE 0x400000u

struct acpi_mcfg acpi_mcfg[ACPI_MAX_MCFG];
unsigned int acpi_mcfg_count;
struct acpi_iommu acpi_iommus[ACPI_MAX_IOMMUS];
unsigned int acpi_iommu_count;

static int setup(void **state)
{
	(void)state;
	pci_machine_reset();
	acpi_mcfg[0] = (struct acpi_mcfg){ maddr(MCFG_BASE), 0, 512 };
	acpi_mcfg[1] = (struct acpi_mcfg){ maddr(0x600000), 0x70400, 256 };
	acpi_mcfg_count = 2;
	pci_init();
	return 0;
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
	uint8_t *other = pci_machine_memory(0x600000);

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
	assert_int_equal(p.msi_data, 0x5c);
	assert_int_equal(p.msix, 0x70);
	assert_int_equal(p.msix_count, 33);
	assert_int_equal(p.msix_bar, 4);
	assert_int_equal(p.msix_offset, 0x2000);
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
	assert_int_equal(p.msi_data, 0x58);
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

static void test_hidden(void **state)
{
	(void)state;
	acpi_iommus[0].sbdf = UINT32_MAX;
	acpi_iommus[1].sbdf = 0x20010;
	acpi_iommu_count = 2;
	assert_true(pci_is_hidden(0x20010));
	assert_false(pci_is_hidden(0x10));
	acpi_iommu_count = 0;
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sizes),        TEST(test_memory_access),
		TEST(test_capabilities), TEST(test_capabilities_in_a_loop),
		TEST(test_bars),         TEST(test_hidden),
	};

	return cmocka_run_group_tests_name("pci", tests, NULL, NULL);
}
