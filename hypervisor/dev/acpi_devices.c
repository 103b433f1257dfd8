/* SPDX-License-Identifier: MIT */
/*
 * HPET: IA-PC HPET specification 1.0a, 3.2.4. MCFG: PCI firmware specification
 * 3.3, 4.1.2. DMAR: Intel VT-d specification 8.1 to 8.4. IVRS: AMD IOMMU
 * specification 3.05, 5.2.
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

struct dmar {
	struct acpi_header header;
	uint8_t address_bits;
	uint8_t flags;
} __attribute__((packed));

#define DMAR_INTERRUPTS BIT(0)

struct drhd { /* type 0 */
	uint16_t type;
	uint16_t length;
	uint8_t flags;
	uint8_t size; /* registers take 2^size pages */
	uint16_t segment;
	uint64_t base;
} __attribute__((packed));

struct device_scope { /* behind the DRHD */
	uint8_t type;
	uint8_t length;
	uint16_t reserved;
	uint8_t id;
	uint8_t bus;
	uint8_t device;
	uint8_t function; /* more pairs: behind bridges */
} __attribute__((packed));

#define SCOPE_IOAPIC 3

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

#define IVHD_REGISTERS    KIB(512)
#define IVHD_HEADER       24 /* type 0x10; the others' is longer */
#define IVHD_HEADER_LARGE 40

struct ivhd_special { /* 5.2.2.2: a device that is no PCI function */
	uint8_t type;
	uint16_t reserved;
	uint8_t setting;
	uint8_t id;
	uint16_t bdf;
	uint8_t variety;
} __attribute__((packed));

#define IVHD_SPECIAL         0x48
#define IVHD_SPECIAL_IOAPIC  1
#define IVHD_NAMED           0xf0 /* has its length at its end */
#define IVHD_NAMED_LENGTH_AT 21
#define IVHD_NAMED_LENGTH    22

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
struct acpi_ioapic_source acpi_ioapic_sources[ACPI_MAX_IOAPICS];
unsigned int acpi_ioapic_source_count;

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

/* AMD's firmware says this several times, too. */
static void ioapic_add_source(uint8_t id, uint32_t sbdf)
{
	for (unsigned int i = 0; i < acpi_ioapic_source_count; i++) {
		if (acpi_ioapic_sources[i].id == id) {
			return;
		}
	}
	if (acpi_ioapic_source_count < ACPI_MAX_IOAPICS) {
		acpi_ioapic_sources[acpi_ioapic_source_count++] =
			(struct acpi_ioapic_source){ id, sbdf };
	}
}

/* Both tables are lists of structures with a length at the same place. */
static void iommus_read(const char *signature,
			void (*read)(const struct acpi_header *h,
				     const void *p))
{
	const struct acpi_header *h = acpi_map(signature, IOMMU_TABLE_LENGTH);
	const void *p = NULL;

	if (h == NULL) {
		return;
	}
	while ((p = acpi_next(h, IOMMU_TABLE_LENGTH, 2, p)) != NULL) {
		read(h, p);
	}
	acpi_unmap(h);
}

/* A scope behind bridges is left out: nobody has seen such an I/O APIC. */
static void scopes_read(const struct drhd *d)
{
	const uint8_t *at = (const uint8_t *)(d + 1);
	const uint8_t *end = (const uint8_t *)d + d->length;
	const struct device_scope *s;

	for (; (size_t)(end - at) >= sizeof(*s); at += s->length) {
		s = (const void *)at;
		if (s->length < sizeof(*s) || s->length > end - at) {
			return;
		}
		if (s->type == SCOPE_IOAPIC && s->length == sizeof(*s)) {
			ioapic_add_source(
				s->id,
				(uint32_t)(d->segment << 16 | s->bus << 8 |
					   s->device << 3 | s->function));
		}
	}
}

static void dmar_read(const struct acpi_header *h, const void *p)
{
	const struct dmar *table = (const void *)h;
	const struct drhd *d = p;
	const struct rmrr *r = p;

	if (d->type == 0 && d->length >= sizeof(*d)) {
		iommu_add(d->base, PAGE_SIZE << (d->size & 0xf), UINT32_MAX);
		if ((table->flags & DMAR_INTERRUPTS) != 0) {
			scopes_read(d);
		}
	} else if (r->type == 1 && r->length >= sizeof(*r)) {
		region_add(r->first, r->last);
	}
}

/* 5.2.2.1: the upper two bits of a type say how long an entry is. */
static size_t ivhd_entry_length(const uint8_t *at, size_t left)
{
	if (*at != IVHD_NAMED) {
		return (size_t)4 << (*at >> 6);
	}
	return left < IVHD_NAMED_LENGTH
		       ? left + 1
		       : (size_t)IVHD_NAMED_LENGTH + at[IVHD_NAMED_LENGTH_AT];
}

static void ivhd_entries_read(const struct ivhd *i)
{
	size_t at = i->type == 0x10 ? IVHD_HEADER : IVHD_HEADER_LARGE;

	while (at < i->length) {
		const uint8_t *entry = (const uint8_t *)i + at;
		const struct ivhd_special *s = (const void *)entry;

		at += ivhd_entry_length(entry, i->length - at);
		if (at <= i->length && s->type == IVHD_SPECIAL &&
		    s->variety == IVHD_SPECIAL_IOAPIC) {
			ioapic_add_source(s->id,
					  (uint32_t)i->segment << 16 | s->bdf);
		}
	}
}

static void ivrs_read(const struct acpi_header *h, const void *p)
{
	const struct ivhd *i = p;
	const struct ivmd *m = p;

	(void)h;
	if ((i->type == 0x10 || i->type == 0x11 || i->type == 0x40) &&
	    i->length >= sizeof(*i)) {
		iommu_add(i->base, IVHD_REGISTERS,
			  (uint32_t)i->segment << 16 | i->bdf);
		ivhd_entries_read(i);
	} else if (m->type >= 0x20 && m->type <= 0x22 &&
		   m->length >= sizeof(*m) && m->size != 0) {
		region_add(m->start, m->start + m->size - 1);
	}
}

void acpi_devices_init(void)
{
	acpi_iommu_count = 0;
	acpi_iommu_region_count = 0;
	acpi_ioapic_source_count = 0;
	hpet_read();
	mcfg_read();
	iommus_read("DMAR", dmar_read);
	iommus_read("IVRS", ivrs_read);
}
