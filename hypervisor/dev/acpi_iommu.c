/* SPDX-License-Identifier: MIT */
/*
 * Register ranges of IOMMU units, so that nobody else is given them.
 * DMAR: Intel VT-d specification 8.1 to 8.3. IVRS: AMD IOMMU specification 5.2.
 */
#include "dev/acpi_iommu.h"

#include "arch/x86/hooks.h"
#include "dev/acpi.h"

#define DMAR_DRHD          0u
#define VTD_LENGTH         KIB(4)
#define IVHD_FIRST         0x10u
#define IVHD_EXTENDED      0x11u
#define IVHD_EXTENDED_ACPI 0x40u
#define AMD_LENGTH         KIB(512)

/* Both tables have 12 bytes of their own between header and structures. */
struct iommu_table {
	struct acpi_header header;
	uint8_t info[12];
} __attribute__((packed));

struct drhd {
	uint16_t type;
	uint16_t length;
	uint8_t flags;
	uint8_t size; /* registers take 2^size pages */
	uint16_t segment;
	uint64_t base;
} __attribute__((packed));

struct ivhd {
	uint8_t type;
	uint8_t flags;
	uint16_t length;
	uint16_t bdf;
	uint16_t capability;
	uint64_t base;
	uint16_t segment;
} __attribute__((packed));

static_assert(sizeof(struct drhd) == 16, "VT-d specification 8.3");
static_assert(sizeof(struct ivhd) == 18, "AMD IOMMU specification 5.2.2");
static_assert(offsetof(struct drhd, length) == offsetof(struct ivhd, length),
	      "one loop walks both");

struct acpi_iommu acpi_iommus[ACPI_MAX_IOMMUS];
unsigned int acpi_iommu_count;

/* AMD's firmware describes a unit several times, for newer software better. */
static void unit_add(const struct acpi_iommu *unit)
{
	for (unsigned int i = 0; i < acpi_iommu_count; i++) {
		if (acpi_iommus[i].base.v == unit->base.v) {
			return;
		}
	}
	if (acpi_iommu_count == ACPI_MAX_IOMMUS) {
		log_warning("acpi: more than %u IOMMUs\n",
			    (unsigned int)ACPI_MAX_IOMMUS);
		return;
	}
	acpi_iommus[acpi_iommu_count] = *unit;
	acpi_iommu_count++;
}

static void drhd_read(const void *p, uint16_t length)
{
	const struct drhd *d = p;

	if (length < sizeof(*d) || d->type != DMAR_DRHD) {
		return;
	}
	unit_add(&(struct acpi_iommu){
		.kind = ACPI_IOMMU_VTD,
		.base = maddr(d->base),
		.length = (uint32_t)(VTD_LENGTH << (d->size & 0xf)),
		.segment = d->segment,
	});
}

static void ivhd_read(const void *p, uint16_t length)
{
	const struct ivhd *h = p;

	if (length < sizeof(*h) ||
	    (h->type != IVHD_FIRST && h->type != IVHD_EXTENDED &&
	     h->type != IVHD_EXTENDED_ACPI)) {
		return;
	}
	unit_add(&(struct acpi_iommu){
		.kind = ACPI_IOMMU_AMD,
		.base = maddr(h->base),
		.length = (uint32_t)AMD_LENGTH,
		.segment = h->segment,
		.bdf = h->bdf,
	});
}

static void table_read(const char *signature,
		       void (*read)(const void *p, uint16_t length))
{
	const struct acpi_table *t = acpi_find(signature, 0);
	const uint8_t *p =
		t == NULL ? NULL : acpi_map(t, sizeof(struct iommu_table));
	size_t at = sizeof(struct iommu_table);

	if (p == NULL) {
		return;
	}
	while (at + 4 <= t->length) {
		const uint16_t length = (uint16_t)(p[at + 2] | p[at + 3] << 8);

		if (length < 4 || length > t->length - at) {
			break;
		}
		read(p + at, length);
		at += length;
	}
	acpi_unmap(t, p);
}

void acpi_iommu_init(void)
{
	acpi_iommu_count = 0;
	table_read("DMAR", drhd_read);
	table_read("IVRS", ivhd_read);
}
