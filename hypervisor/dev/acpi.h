/* SPDX-License-Identifier: MIT */
/*
 * The firmware's ACPI tables: found once at boot, read through short-lived
 * mappings. Firmware is believed about the machine but not about lengths:
 * nothing is read past what a header announces.
 */
#pragma once

#include "lib/addr.h"

#define ACPI_MAX_TABLES 96

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
	uint8_t space; /* enum acpi_space */
	uint8_t bit_width;
	uint8_t bit_offset;
	uint8_t access_size;
	uint64_t address;
} __attribute__((packed));

enum acpi_space {
	ACPI_SPACE_MEMORY = 0,
	ACPI_SPACE_IO = 1,
	ACPI_SPACE_PCI_CONFIG = 2,
};

static_assert(sizeof(struct acpi_header) == 36, "ACPI 6.5 table 5.4");
static_assert(sizeof(struct acpi_rsdp) == 36, "ACPI 6.5 table 5.3");
static_assert(sizeof(struct acpi_gas) == 12, "ACPI 6.5 table 5.1");

struct acpi_table {
	maddr_t address;
	uint32_t length; /* at least a header's */
	char signature[4];
};

/* Constant after acpi_init(), in the order of the root table. */
extern struct acpi_table acpi_tables[ACPI_MAX_TABLES];
extern unsigned int acpi_table_count;

/*
 * Finds the tables from the root pointer at `rsdp`, or by searching the BIOS
 * areas when that is 0. Boot only. 0 or -XEN_ENOENT.
 */
int acpi_init(maddr_t rsdp) must_check;

/* The nth table (from 0) of a 4-letter signature, or NULL. */
const struct acpi_table *acpi_find(const char *signature, unsigned int nth);

/* Reads the header at `address` into `out`: 0 or -XEN_EINVAL. Boot only. */
int acpi_table_at(maddr_t address, struct acpi_table *out) must_check;

/* The whole table, its first `length` bytes readable; NULL when it cannot be
 * mapped or is shorter than `least`. Boot only; give it back soon. */
const void *acpi_map(const struct acpi_table *t, size_t least) must_check;
void acpi_unmap(const struct acpi_table *t, const void *p);
