/* SPDX-License-Identifier: MIT */
/*
 * What is in every set of ACPI tables (ACPI 6.5, chapter 5), for those who build
 * one: the loader, and libctl for guests.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ACPI_LAPIC_GADDR 0xfee00000u

/* 5.2.5.3. The first 20 bytes are all that revision 0 has. */
struct acpi_rsdp {
	char signature[8];
	uint8_t checksum; /* of the first 20 bytes */
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t extended_checksum;
	uint8_t reserved[3];
} __attribute__((packed));

_Static_assert(sizeof(struct acpi_rsdp) == 36, "ACPI 5.2.5.3");

/* 5.2.6: what a table begins with. */
struct acpi_header {
	char signature[4];
	uint32_t length; /* of the whole table */
	uint8_t revision;
	uint8_t checksum; /* makes the sum of all bytes 0 */
	char oem_id[6];
	char oem_table[8];
	uint32_t oem_revision;
	char creator[4];
	uint32_t creator_revision;
} __attribute__((packed));

_Static_assert(sizeof(struct acpi_header) == 36, "ACPI 5.2.6");

/* 5.2.12; entries follow. */
struct acpi_madt {
	struct acpi_header header;
	uint32_t lapic;
	uint32_t flags;
} __attribute__((packed));

struct acpi_madt_lapic {
	uint8_t type; /* 0 */
	uint8_t length;
	uint8_t uid;
	uint8_t apic_id;
	uint32_t flags;
} __attribute__((packed));

/* The entry of a vCPU: what the hypervisor and Linux take for granted is that
 * its UID is its number, and its APIC id twice that. */
static inline struct acpi_madt_lapic acpi_vcpu(unsigned int vcpu)
{
	return (struct acpi_madt_lapic){
		.length = sizeof(struct acpi_madt_lapic),
		.uid = (uint8_t)vcpu,
		.apic_id = (uint8_t)(2 * vcpu),
		.flags = 1, /* enabled */
	};
}

static inline uint8_t acpi_checksum(const void *table, size_t size)
{
	const uint8_t *bytes = table;
	uint8_t sum = 0;

	for (size_t i = 0; i < size; i++) {
		sum = (uint8_t)(sum + bytes[i]);
	}
	return (uint8_t)-sum;
}

static inline void acpi_header_init(struct acpi_header *h,
				    const char *signature, uint8_t revision)
{
	*h = (struct acpi_header){
		.revision = revision,
		.oem_id = "Corbel",
		.oem_table = "CorbelVM",
		.oem_revision = 1,
		.creator = "CRBL",
		.creator_revision = 1,
	};
	memcpy(h->signature, signature, sizeof(h->signature));
}

/* Last, when all the table's bytes are there. */
static inline void acpi_header_seal(struct acpi_header *h, size_t length)
{
	h->length = (uint32_t)length;
	h->checksum = 0;
	h->checksum = acpi_checksum(h, length);
}

static inline void acpi_rsdp_init(struct acpi_rsdp *r, uint64_t xsdt)
{
	*r = (struct acpi_rsdp){
		.signature = { 'R', 'S', 'D', ' ', 'P', 'T', 'R', ' ' },
		.oem_id = "Corbel",
		.revision = 2,
		.length = sizeof(*r),
		.xsdt = xsdt,
	};
	r->checksum = acpi_checksum(r, 20);
	r->extended_checksum = acpi_checksum(r, sizeof(*r));
}
