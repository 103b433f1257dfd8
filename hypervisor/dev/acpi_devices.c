/* SPDX-License-Identifier: MIT */
/*
 * HPET: IA-PC HPET specification 1.0a, 3.2.4. MCFG: PCI firmware specification
 * 3.3, 4.1.2. DMAR: Intel VT-d specification 8.1 to 8.4. IVRS: AMD IOMMU
 * specification 5.2.
 */
#include "dev/acpi_devices.h"

#include "arch/x86/hooks.h"
#include "dev/acpi.h"

struct hpet_table {
	struct acpi_header header;
	uint32_t id;
	struct acpi_gas base;
} __attribute__((packed));

struct mcfg_table {
	struct acpi_header header;
	uint64_t reserved;

	struct {
		uint64_t base; /* as if the segment began at bus 0 */
		uint16_t segment;
		uint8_t first_bus;
		uint8_t last_bus;
		uint32_t reserved;
	} __attribute__((packed)) entries[];
} __attribute__((packed));

/* DMAR and IVRS have 12 bytes of their own before the first structure. */
#define IOMMU_TABLE_LENGTH (sizeof(struct acpi_header) + 12)

struct drhd { /* type 0 */
	uint16_t type;
	uint16_t length;
	uint8_t flags;
	uint8_t size; /* registers take 2^size pages */
	uint16_t segment;
	uint64_t base;
} __attribute__((packed));

struct rmrr { /* type 1 */
	uint16_t type;
	uint16_t length;
	uint16_t reserved;
	uint16_t segment;
	uint64_t first;
	uint64_t last;
} __attribute__((packed));

struct ivhd { /* types 0x10, 0x11 and 0x40, for ever newer software */
	uint8_t type;
	uint8_t flags;
	uint16_t length;
	uint16_t bdf;
	uint16_t capability;
	uint64_t base;
	uint16_t segment;
} __attribute__((packed));

#define IVHD_REGISTERS KIB(512)

struct ivmd { /* types 0x20 to 0x22, for all, one and some devices */
	uint8_t type;
	uint8_t flags;
	uint16_t length;
	uint16_t bdf;
	uint16_t last_bdf;
	uint64_t reserved;
	uint64_t start;
	uint64_t size;
} __attribute__((packed));

/* Beyond any that was ever seen: a table with nonsense in it. */
#define REGION_MAX GIB(4)

maddr_t acpi_hpet;
struct acpi_mcfg acpi_mcfg[ACPI_MAX_MCFG];
unsigned int acpi_mcfg_count;
struct acpi_iommu acpi_iommus[ACPI_MAX_IOMMUS];
unsigned int acpi_iommu_count;
struct acpi_iommu_region acpi_iommu_regions[ACPI_MAX_IOMMU_REGIONS];
unsigned int acpi_iommu_region_count;

static void hpet_read(void)
{
	const struct hpet_table *h = acpi_map("HPET", sizeof(*h));

	acpi_hpet = maddr(0);
	if (h == NULL) {
		return;
	}
	if (h->base.space == ACPI_SPACE_MEMORY) {
		acpi_hpet = maddr(h->base.address);
	}
	acpi_unmap(h);
}

static void mcfg_read(void)
{
	const struct mcfg_table *m = acpi_map("MCFG", sizeof(*m));
	size_t count;

	acpi_mcfg_count = 0;
	if (m == NULL) {
		return;
	}
	count = (m->header.length - sizeof(*m)) / sizeof(m->entries[0]);
	for (size_t i = 0; i < count && acpi_mcfg_count < ACPI_MAX_MCFG; i++) {
		const uint64_t base = m->entries[i].base;
		const uint32_t bus = m->entries[i].first_bus;
		const uint32_t last = m->entries[i].last_bus;

		if (base == 0 || page_offset(base) != 0 || last < bus) {
			log_warning("acpi: MCFG entry %zu ignored\n", i);
			continue;
		}
		acpi_mcfg[acpi_mcfg_count] = (struct acpi_mcfg){
			.base = maddr(base + ((uint64_t)bus << 20)),
			.first = (uint32_t)m->entries[i].segment << 16 |
				 bus << 8,
			.count = (last - bus + 1) << 8,
		};
		acpi_mcfg_count++;
	}
	acpi_unmap(m);
}

/* AMD's firmware describes a unit several times. */
static void iommu_add(uint64_t base, uint64_t length, uint32_t sbdf)
{
	for (unsigned int i = 0; i < acpi_iommu_count; i++) {
		if (acpi_iommus[i].base.v == base) {
			return;
		}
	}
	if (acpi_iommu_count == ACPI_MAX_IOMMUS) {
		log_warning("acpi: too many IOMMUs\n");
		return;
	}
	acpi_iommus[acpi_iommu_count] =
		(struct acpi_iommu){ maddr(base), length, sbdf };
	acpi_iommu_count++;
}

static void region_add(uint64_t first, uint64_t last)
{
	if (last < first || last - first >= REGION_MAX ||
	    acpi_iommu_region_count == ACPI_MAX_IOMMU_REGIONS) {
		log_warning("acpi: device region at %#llx ignored\n",
			    (unsigned long long)first);
		return;
	}
	acpi_iommu_regions[acpi_iommu_region_count++] =
		(struct acpi_iommu_region){ first, last };
}

/* Both tables are lists of structures with a length at the same place. */
static void iommus_read(const char *signature, void (*read)(const void *p))
{
	const struct acpi_header *h = acpi_map(signature, IOMMU_TABLE_LENGTH);
	const void *p = NULL;

	if (h == NULL) {
		return;
	}
	while ((p = acpi_next(h, IOMMU_TABLE_LENGTH, 2, p)) != NULL) {
		read(p);
	}
	acpi_unmap(h);
}

static void dmar_read(const void *p)
{
	const struct drhd *d = p;
	const struct rmrr *r = p;

	if (d->type == 0 && d->length >= sizeof(*d)) {
		iommu_add(d->base, PAGE_SIZE << (d->size & 0xf), UINT32_MAX);
	} else if (r->type == 1 && r->length >= sizeof(*r)) {
		region_add(r->first, r->last);
	}
}

static void ivrs_read(const void *p)
{
	const struct ivhd *i = p;
	const struct ivmd *m = p;

	if ((i->type == 0x10 || i->type == 0x11 || i->type == 0x40) &&
	    i->length >= sizeof(*i)) {
		iommu_add(i->base, IVHD_REGISTERS,
			  (uint32_t)i->segment << 16 | i->bdf);
	} else if (m->type >= 0x20 && m->type <= 0x22 &&
		   m->length >= sizeof(*m) && m->size != 0) {
		region_add(m->start, m->start + m->size - 1);
	}
}

void acpi_devices_init(void)
{
	acpi_iommu_count = 0;
	acpi_iommu_region_count = 0;
	hpet_read();
	mcfg_read();
	iommus_read("DMAR", dmar_read);
	iommus_read("IVRS", ivrs_read);
}
