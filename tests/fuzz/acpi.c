/* SPDX-License-Identifier: MIT */
/*
 * One ACPI table with any content: what lies behind its announced length is
 * never read, and every reader ends. The first byte chooses the table, the
 * second whether the length announced is the table's own.
 */
#include <stdlib.h>
#include <string.h>

#include "core/ioapic.h"
#include "dev/acpi_devices.h"
#include "dev/acpi_madt.h"
#include "dev/acpi_power.h"
#include "fake/firmware.h"

#define TABLE 0xe1000u
#define ROOM  0xe000u

static const char names[][5] = { "APIC", "FACP", "MCFG", "DMAR",
				 "IVRS", "HPET", "SSDT" };

void ioapic_disable_8259(void)
{
}

void ioapic_add(uint8_t id, uint64_t base, uint32_t gsi_base)
{
	(void)id;
	(void)base;
	(void)gsi_base;
}

static void cpu_add(const struct acpi_cpu *cpu, void *context)
{
	(void)cpu;
	(void)context;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint64_t table = TABLE;
	struct acpi_header *h = firmware_at(TABLE);

	if (len < 6 || len > ROOM) {
		return 0;
	}
	firmware_reset();
	firmware_table(TABLE, names[data[0] % ARRAY_SIZE(names)], data + 6,
		       len - 6);
	if ((data[1] & 1) != 0) {
		memcpy(&h->length, data + 2, 2);
	}
	if (acpi_init(firmware_root(&table, 1)) != 0) {
		abort();
	}
	(void)acpi_madt_init();
	acpi_madt_cpus(cpu_add, NULL);
	(void)acpi_power_init();
	acpi_devices_init();
	if (firmware_mappings() != 0) {
		abort();
	}
	return 0;
}
