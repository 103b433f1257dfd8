/* SPDX-License-Identifier: MIT */
/* The firmware tables that a guest of ours reads. */
#pragma once

#include "lib/abi.h"

struct acpi_header {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem[6], table[8];
	uint32_t oem_revision, creator, creator_revision;
} __attribute__((packed));

/* NULL when there is no such table. */
const struct acpi_header *acpi_find(const char *signature);

/* The sum of all bytes of a table is zero. */
bool acpi_checksum_good(const struct acpi_header *table);

/* APIC ids of the CPUs in the order of their ACPI ids; returns the count. */
unsigned acpi_cpus(uint32_t *apic_ids, unsigned max);

/* The address of I/O APIC `index` and its first interrupt; 0: none. */
uint64_t acpi_ioapic(unsigned index, uint32_t *first_gsi);

/* The base of memory-mapped configuration space of bus 0; 0: none. */
uint64_t acpi_mmconfig(void);
