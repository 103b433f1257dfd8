/* SPDX-License-Identifier: MIT */
/* The firmware tables that a guest of ours reads. */
#include "lib/acpi.h"

#include "lib/test.h"

struct rsdp {
	char signature[8];
	uint8_t checksum;
	char oem[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
} __attribute__((packed));

struct madt_entry {
	uint8_t type, length;

	union {
		struct {
			uint8_t acpi_id, apic_id;
			uint32_t flags;
		} __attribute__((packed)) lapic;

		struct {
			uint8_t id, reserved;
			uint32_t address, first_gsi;
		} __attribute__((packed)) ioapic;

		struct {
			uint16_t reserved;
			uint32_t apic_id, flags, acpi_id;
		} __attribute__((packed)) x2apic;
	};
} __attribute__((packed));

enum madt_type {
	MADT_LAPIC = 0,
	MADT_IOAPIC = 1,
	MADT_X2APIC = 9,
};

#define MADT_ENTRIES (sizeof(struct acpi_header) + 8)

const struct acpi_header *acpi_find(const char *signature)
{
	const struct rsdp *rsdp = (void *)(uintptr_t)start_info->rsdp_paddr;
	const struct acpi_header *xsdt;
	const uint8_t *entries;
	unsigned count;

	if (rsdp == NULL || rsdp->revision < 2) {
		return NULL;
	}
	xsdt = (void *)(uintptr_t)rsdp->xsdt;
	entries = (const uint8_t *)(xsdt + 1);
	count = (xsdt->length - sizeof(*xsdt)) / 8;
	for (unsigned i = 0; i < count; i++) {
		const struct acpi_header *table;
		uint64_t address;

		memcpy(&address, entries + i * 8, sizeof(address));
		table = (void *)(uintptr_t)address;
		if (memcmp(table->signature, signature, 4) == 0) {
			return table;
		}
	}
	return NULL;
}

bool acpi_checksum_good(const struct acpi_header *table)
{
	const uint8_t *bytes = (const uint8_t *)table;
	uint8_t sum = 0;

	for (uint32_t i = 0; i < table->length; i++) {
		sum += bytes[i];
	}
	return sum == 0;
}

static const struct madt_entry *next_entry(const struct acpi_header *madt,
					   const struct madt_entry *entry)
{
	const uint8_t *end = (const uint8_t *)madt + madt->length;
	const uint8_t *next = entry == NULL
				      ? (const uint8_t *)madt + MADT_ENTRIES
				      : (const uint8_t *)entry + entry->length;

	return next < end ? (const struct madt_entry *)next : NULL;
}

unsigned acpi_cpus(uint32_t *apic_ids, unsigned max)
{
	const struct acpi_header *madt = acpi_find("APIC");
	const struct madt_entry *entry = NULL;
	unsigned count = 0;

	if (madt == NULL) {
		return 0;
	}
	while ((entry = next_entry(madt, entry)) != NULL && count < max) {
		if (entry->type == MADT_LAPIC && (entry->lapic.flags & 1)) {
			apic_ids[count++] = entry->lapic.apic_id;
		} else if (entry->type == MADT_X2APIC &&
			   (entry->x2apic.flags & 1)) {
			apic_ids[count++] = entry->x2apic.apic_id;
		}
	}
	return count;
}

uint64_t acpi_ioapic(unsigned index, uint32_t *first_gsi)
{
	const struct acpi_header *madt = acpi_find("APIC");
	const struct madt_entry *entry = NULL;

	if (madt == NULL) {
		return 0;
	}
	while ((entry = next_entry(madt, entry)) != NULL) {
		if (entry->type == MADT_IOAPIC && index-- == 0) {
			*first_gsi = entry->ioapic.first_gsi;
			return entry->ioapic.address;
		}
	}
	return 0;
}

uint64_t acpi_mmconfig(void)
{
	const struct acpi_header *mcfg = acpi_find("MCFG");
	uint64_t base;

	if (mcfg == NULL) {
		return 0;
	}
	memcpy(&base, (const uint8_t *)mcfg + sizeof(*mcfg) + 8, sizeof(base));
	return base;
}
