/* SPDX-License-Identifier: MIT */
/*
 * Finding ACPI tables: root pointer, root table, the others.
 *
 * Runs once at boot on one CPU; what it fills is constant afterwards.
 */
#include "dev/acpi.h"

#include "abi/abi.h"
#include "lib/string.h"
#include "mm/vmap.h"

#define RSDP_V1_LENGTH   20u
#define TABLE_MAX_LENGTH MIB(8)

#define BIOS_START       UINT64_C(0xe0000)
#define BIOS_LENGTH      KIB(128)

struct acpi_rsdp acpi_root;

/* The sum of all bytes, 0 for an intact table. */
static uint8_t sum_of(const void *p, size_t len)
{
	const uint8_t *bytes = p;
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++) {
		sum = (uint8_t)(sum + bytes[i]);
	}
	return sum;
}

/* ACPI 6.5 5.2.5.3: revision 0 has neither length nor extended checksum, and
 * may be the last thing before the end of what is mapped. */
static bool rsdp_read(const uint8_t *at, size_t len)
{
	memset(&acpi_root, 0, sizeof(acpi_root));
	memcpy(&acpi_root, at, min_u64(len, sizeof(acpi_root)));
	return memcmp(acpi_root.signature, "RSD PTR ", 8) == 0 &&
	       sum_of(&acpi_root, RSDP_V1_LENGTH) == 0 &&
	       (acpi_root.revision < 2 ||
		sum_of(&acpi_root, sizeof(acpi_root)) == 0);
}

/* ACPI 6.5 5.2.5.1: the root pointer lies on a 16-byte boundary. */
static bool rsdp_search(maddr_t start, uint64_t len)
{
	const uint8_t *area = mm_map_firmware(start, len);
	bool found = false;

	if (area == NULL) {
		return false;
	}
	for (uint64_t at = 0; !found && at + RSDP_V1_LENGTH <= len; at += 16) {
		found = rsdp_read(area + at, len - at);
	}
	mm_unmap_firmware(area, len);
	return found;
}

const void *acpi_map_at(maddr_t address)
{
	const struct acpi_header *h =
		address.v == 0 ? NULL : mm_map_firmware(address, sizeof(*h));
	uint32_t length;

	if (h == NULL) {
		return NULL;
	}
	length = h->length;
	mm_unmap_firmware(h, sizeof(*h));
	if (length < sizeof(*h) || length > TABLE_MAX_LENGTH) {
		return NULL;
	}
	return mm_map_firmware(address, length);
}

/* The root table, and the size of its pointers. */
static const struct acpi_header *root_map(size_t *width)
{
	const bool wide = acpi_root.revision >= 2 && acpi_root.xsdt != 0;

	*width = wide ? 8 : 4;
	return acpi_map_at(maddr(wide ? acpi_root.xsdt : acpi_root.rsdt));
}

/* A wrong sum is not held against a table: shipped firmware has them, and every
 * reader checks lengths. */
static const struct acpi_header *map_if(maddr_t address, const char *signature,
					size_t least)
{
	const struct acpi_header *h = acpi_map_at(address);

	if (h != NULL &&
	    (memcmp(h->signature, signature, 4) != 0 || h->length < least)) {
		acpi_unmap(h);
		h = NULL;
	}
	return h;
}

const void *acpi_map(const char *signature, size_t least)
{
	size_t width;
	const struct acpi_header *root = root_map(&width);
	const struct acpi_header *found = NULL;

	if (root == NULL) {
		return NULL;
	}
	for (size_t at = sizeof(*root);
	     found == NULL && at + width <= root->length; at += width) {
		uint64_t pointer = 0;

		memcpy(&pointer, (const uint8_t *)root + at, width);
		found = map_if(maddr(pointer), signature, least);
	}
	acpi_unmap(root);
	return found;
}

void acpi_unmap(const void *table)
{
	const struct acpi_header *h = table;

	mm_unmap_firmware(h, h->length);
}

const void *acpi_next(const struct acpi_header *table, size_t first,
		      size_t width, const void *entry)
{
	const uint8_t *at = entry;
	size_t left;
	uint16_t length = 0;

	if (at == NULL) {
		at = (const uint8_t *)table + first;
	} else {
		memcpy(&length, at + width, width);
		at += length;
	}
	left = (size_t)((const uint8_t *)table + table->length - at);
	if (left < 2 * width) {
		return NULL;
	}
	memcpy(&length, at + width, width);
	return length < 2 * width || length > left ? NULL : at;
}

int acpi_init(maddr_t rsdp)
{
	const struct acpi_header *root = NULL;
	size_t width;

	if ((rsdp.v != 0 && rsdp_search(rsdp, sizeof(acpi_root))) ||
	    rsdp_search(maddr(BIOS_START), BIOS_LENGTH)) {
		root = root_map(&width);
	}
	if (root == NULL) {
		return -XEN_ENOENT;
	}
	acpi_unmap(root);
	return 0;
}
