/* SPDX-License-Identifier: MIT */
/* DMAR and IVRS: where the machine's IOMMU units are. */
#pragma once

#include "lib/addr.h"

#define ACPI_MAX_IOMMUS 32

enum acpi_iommu_kind { ACPI_IOMMU_VTD, ACPI_IOMMU_AMD };

struct acpi_iommu {
	enum acpi_iommu_kind kind;
	maddr_t base; /* its registers */
	uint32_t length;
	uint16_t segment;
	uint16_t bdf; /* ACPI_IOMMU_AMD: its PCI function */
};

/* Constant after acpi_iommu_init(). */
extern struct acpi_iommu acpi_iommus[ACPI_MAX_IOMMUS];
extern unsigned int acpi_iommu_count;

/* Boot only, after acpi_init(). */
void acpi_iommu_init(void);
