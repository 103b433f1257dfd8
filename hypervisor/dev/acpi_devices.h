/* SPDX-License-Identifier: MIT */
/*
 * What the tables HPET, MCFG, DMAR and IVRS say: where the timer, PCI
 * configuration space and the IOMMUs are. Constant after acpi_devices_init().
 */
#pragma once

#include "lib/addr.h"

#define ACPI_MAX_MCFG          16
#define ACPI_MAX_IOMMUS        32
#define ACPI_MAX_IOMMU_REGIONS 32
#define ACPI_MAX_IOAPICS       64

/* PCI functions are named by segment << 16 | bus << 8 | devfn. */
struct acpi_mcfg {
	maddr_t base; /* configuration space of function `first`; 4 KiB each */
	uint32_t first; /* that of a range's first bus */
	uint32_t count; /* functions in the range */
};

struct acpi_iommu {
	maddr_t base; /* its registers */
	uint64_t length;
	uint32_t sbdf; /* AMD: it is this function too; otherwise UINT32_MAX */
};

/* Memory that firmware has a device use behind the system's back. */
struct acpi_iommu_region {
	uint64_t first; /* bytes, both inclusive */
	uint64_t last;
};

/* As what an I/O APIC sends its messages, where units remap interrupts. */
struct acpi_ioapic_source {
	uint8_t id; /* as the MADT has it */
	uint32_t sbdf;
};

extern maddr_t acpi_hpet; /* 0: none */
extern struct acpi_mcfg acpi_mcfg[ACPI_MAX_MCFG];
extern unsigned int acpi_mcfg_count;
extern struct acpi_iommu acpi_iommus[ACPI_MAX_IOMMUS];
extern unsigned int acpi_iommu_count;
extern struct acpi_iommu_region acpi_iommu_regions[ACPI_MAX_IOMMU_REGIONS];
extern unsigned int acpi_iommu_region_count;
extern struct acpi_ioapic_source acpi_ioapic_sources[ACPI_MAX_IOAPICS];
extern unsigned int acpi_ioapic_source_count;

/* Boot only, after acpi_init(). A machine may have none of them. */
void acpi_devices_init(void);
