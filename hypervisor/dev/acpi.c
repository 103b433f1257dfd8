/* SPDX-License-Identifier: MIT */
/*
 * Finding ACPI tables: root pointer, root table, and the list of the others.
 *
 * Runs once at boot on one CPU; what it fills is constant afterwards.
 */
#include "dev/acpi.h"

#include "abi/abi.h"
#include "arch/x86/hooks.h"
#include "lib/checksum.h"
#include "lib/string.h"
#include "mm/vmap.h"

#define RSDP_V1_LENGTH   20u
#define TABLE_MAX_LENGTH MIB(8)

#define BIOS_START       UINT64_C(0xe0000)
#define BIOS_END         UINT64_C(0x100000)
#define EBDA_POINTER     UINT64_C(0x40e) /* word: real-mode segment */
#define EBDA_LENGTH      KIB(1)

struct acpi_table acpi_tables[ACPI_MAX_TABLES];
unsigned int acpi_table_count;

static const char rsdp_signature[8] = {
	'R', 'S', 'D', ' ', 'P', 'T', 'R', ' '
};

static int firmware_read(void *dst, maddr_t from, size_t len)
{
	const void *p = mm_map_firmware(from, len);

	if (p == NULL) {
		return -XEN_EFAULT;
	}
	memcpy(dst, p, len);
	mm_unmap_firmware(p, len);
	return 0;
}

/* ACPI 6.5 5.2.5.3: revision 0 has neither length nor extended checksum. */
static bool rsdp_is_valid(const struct acpi_rsdp *r)
{
	if (memcmp(r->signature, rsdp_signature, sizeof(r->signature)) != 0 ||
	    checksum_bytes(r, RSDP_V1_LENGTH) != 0) {
		return false;
	}
	return r->revision < 2 || checksum_bytes(r, sizeof(*r)) == 0;
}

/* ACPI 6.5 5.2.5.1: the root pointer lies on a 16-byte boundary. */
static bool rsdp_search(uint64_t start, uint64_t len, struct acpi_rsdp *out)
{
	const uint8_t *area = mm_map_firmware(maddr(start), len);
	bool found = false;

	if (area == NULL) {
		return false;
	}
	for (uint64_t at = 0; !found && at + RSDP_V1_LENGTH <= len; at += 16) {
		memset(out, 0, sizeof(*out));
		memcpy(out, area + at, min_u64(len - at, sizeof(*out)));
		found = rsdp_is_valid(out);
	}
	mm_unmap_firmware(area, len);
	return found;
}

static bool rsdp_find(struct acpi_rsdp *out)
{
	uint16_t segment = 0;

	if (firmware_read(&segment, maddr(EBDA_POINTER), sizeof(segment)) ==
		    0 &&
	    segment != 0 &&
	    rsdp_search((uint64_t)segment << 4, EBDA_LENGTH, out)) {
		return true;
	}
	return rsdp_search(BIOS_START, BIOS_END - BIOS_START, out);
}

/* A revision 0 pointer may be the last thing in its page: read it apart. */
static bool rsdp_read(maddr_t from, struct acpi_rsdp *out)
{
	memset(out, 0, sizeof(*out));
	if (firmware_read(out, from, RSDP_V1_LENGTH) != 0) {
		return false;
	}
	if (out->revision >= 2 && firmware_read(out, from, sizeof(*out)) != 0) {
		return false;
	}
	return rsdp_is_valid(out);
}

int acpi_table_at(maddr_t address, struct acpi_table *out)
{
	struct acpi_header header;

	if (address.v == 0 ||
	    firmware_read(&header, address, sizeof(header)) != 0 ||
	    header.length < sizeof(header) ||
	    header.length > TABLE_MAX_LENGTH) {
		return -XEN_EINVAL;
	}
	out->address = address;
	out->length = header.length;
	memcpy(out->signature, header.signature, sizeof(out->signature));
	return 0;
}

static bool signature_is(const struct acpi_table *t, const char *signature)
{
	return memcmp(t->signature, signature, sizeof(t->signature)) == 0;
}

const struct acpi_table *acpi_find(const char *signature, unsigned int nth)
{
	for (unsigned int i = 0; i < acpi_table_count; i++) {
		if (signature_is(&acpi_tables[i], signature) && nth-- == 0) {
			return &acpi_tables[i];
		}
	}
	return NULL;
}

const void *acpi_map(const struct acpi_table *t, size_t least)
{
	if (t->length < least) {
		return NULL;
	}
	return mm_map_firmware(t->address, t->length);
}

void acpi_unmap(const struct acpi_table *t, const void *p)
{
	mm_unmap_firmware(p, t->length);
}

/* A wrong sum is said but not held against the table: shipped firmware has
 * them, and every reader checks lengths anyway. */
static void warn_checksum(const struct acpi_table *t)
{
	const void *p = acpi_map(t, 0);

	if (p == NULL) {
		return;
	}
	if (checksum_bytes(p, t->length) != 0) {
		log_warning("acpi: %.4s at 0x%llx has a wrong checksum\n",
			    t->signature, (unsigned long long)t->address.v);
	}
	acpi_unmap(t, p);
}

static void table_add(maddr_t address)
{
	struct acpi_table t;

	if (acpi_table_at(address, &t) != 0) {
		log_warning("acpi: no table at 0x%llx\n",
			    (unsigned long long)address.v);
		return;
	}
	if (acpi_table_count == ACPI_MAX_TABLES) {
		log_warning("acpi: more than %u tables, %.4s ignored\n",
			    (unsigned int)ACPI_MAX_TABLES, t.signature);
		return;
	}
	warn_checksum(&t);
	acpi_tables[acpi_table_count] = t;
	acpi_table_count++;
}

/* Lists what a root table of `width`-byte pointers refers to. */
static int root_read(maddr_t address, const char *signature, size_t width)
{
	struct acpi_table root;

	if (acpi_table_at(address, &root) != 0 ||
	    !signature_is(&root, signature)) {
		return -XEN_ENOENT;
	}
	warn_checksum(&root);
	for (uint64_t at = sizeof(struct acpi_header);
	     at + width <= root.length; at += width) {
		uint64_t pointer = 0;

		if (firmware_read(&pointer, maddr(address.v + at), width) ==
			    0 &&
		    pointer != 0) {
			table_add(maddr(pointer));
		}
	}
	return 0;
}

int acpi_init(maddr_t rsdp)
{
	struct acpi_rsdp pointer;

	acpi_table_count = 0;
	if (!(rsdp.v != 0 && rsdp_read(rsdp, &pointer)) &&
	    !rsdp_find(&pointer)) {
		return -XEN_ENOENT;
	}
	if (pointer.revision >= 2 && pointer.xsdt != 0 &&
	    root_read(maddr(pointer.xsdt), "XSDT", 8) == 0) {
		return 0;
	}
	return root_read(maddr(pointer.rsdt), "RSDT", 4);
}
