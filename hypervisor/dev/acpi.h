/* SPDX-License-Identifier: MIT */
/*
 * The firmware's ACPI tables: found once at boot, read through short-lived
 * mappings. Firmware is believed about the machine but not about lengths:
 * nothing is read past what a header announces.
 */
#pragma once

#include "lib/addr.h"

/* ACPI 6.5 5.2.6: what every table but the FACS begins with. */
struct acpi_header {
	char signature[4];
	uint32_t length; /* of the whole table */
	uint8_t revision;
	uint8_t checksum; /* makes the sum of all bytes 0 */
	char oem_id[6];
	char oem_table_id[8];
	uint32_t oem_revision;
	uint32_t creator_id;
	uint32_t creator_revision;
} __attribute__((packed));

/* ACPI 6.5 5.2.5.3. The first 20 bytes are all that revision 0 has. */
struct acpi_rsdp {
	char signature[8];
	uint8_t checksum; /* of the first 20 bytes */
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t extended_checksum; /* of all 36 bytes */
	uint8_t reserved[3];
} __attribute__((packed));

/* ACPI 6.5 5.2.3.2: a register in some address space. */
struct acpi_gas {
	uint8_t space; /* ACPI_SPACE_... */
	uint8_t bit_width;
	uint8_t bit_offset;
	uint8_t access_size;
	uint64_t address;
} __attribute__((packed));

#define ACPI_SPACE_MEMORY 0
#define ACPI_SPACE_IO     1

static_assert(sizeof(struct acpi_header) == 36, "ACPI 6.5 table 5.4");
static_assert(sizeof(struct acpi_rsdp) == 36, "ACPI 6.5 table 5.3");
static_assert(sizeof(struct acpi_gas) == 12, "ACPI 6.5 table 5.1");

/* Constant after acpi_init(). */
extern struct acpi_rsdp acpi_root;

/*
 * Finds the tables from the root pointer at `rsdp`, or by searching the BIOS
 * area when that is 0. Boot only. 0 or -XEN_ENOENT.
 */
int acpi_init(maddr_t rsdp) must_check;

/*
 * These are for boot only. A table mapped whole, to be given back soon: the first
 * of that name with at least so many bytes, NULL when there is none.
 */
const void *acpi_map(const char *signature, size_t least) must_check;
const void *acpi_map_at(maddr_t address) must_check;
void acpi_unmap(const void *table);

/*
 * The entry of a mapped table behind `entry`, or its first one for NULL, which
 * is `first` bytes into it; NULL at the end. Two forms of entry exist: type and
 * length in a byte each, or in two bytes each, which `width` tells. An entry is
 * no shorter than those two.
 */
const void *acpi_next(const struct acpi_header *table, size_t first,
		      size_t width, const void *entry);
