/* SPDX-License-Identifier: MIT */
/*
 * RSDP, XSDT, FADT, MADT and DSDT, as in the ACPI specification 5.0, chapter 5.
 *
 * The FADT says "hardware-reduced": no legacy interrupt controller and timer,
 * no fixed power management. The DSDT has no \_S5, so a guest that powers off
 * halts its vCPUs, which the hypervisor takes for that.
 */
#include "libctl/build/acpi.h"

#include <string.h>

#define OEM_ID                "Corbel"
#define OEM_TABLE             "CorbelVM"
#define CREATOR               "CRBL"

#define LAPIC_GADDR           0xfee00000u

#define FADT_WBINVD           (1u << 0)
#define FADT_NO_POWER_BUTTON  (1u << 4)
#define FADT_NO_SLEEP_BUTTON  (1u << 5)
#define FADT_HW_REDUCED       (1u << 20)
#define FADT_BOOT_NO_VGA      (1u << 2)
#define FADT_BOOT_NO_CMOS_RTC (1u << 5)
#define FADT_REVISION         5u

#define MADT_LAPIC            0u
#define MADT_LAPIC_ENABLED    1u

struct rsdp {
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

_Static_assert(sizeof(struct rsdp) == 36, "ACPI 5.2.5.3");

struct header {
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t checksum;
	char oem_id[6];
	char oem_table[8];
	uint32_t oem_revision;
	char creator[4];
	uint32_t creator_revision;
} __attribute__((packed));

_Static_assert(sizeof(struct header) == 36, "ACPI 5.2.6");

struct xsdt {
	struct header header;
	uint64_t tables[2];
} __attribute__((packed));

/* ACPI 5.2.9; a field of fixed hardware is 0. */
struct fadt {
	struct header header;
	uint32_t facs;
	uint32_t dsdt;
	uint8_t fixed_hardware[65];
	uint16_t boot_flags;
	uint8_t reserved;
	uint32_t flags;
	uint8_t reset[13];
	uint8_t reserved2[3];
	uint64_t x_facs;
	uint64_t x_dsdt;
	uint8_t blocks[96];
	uint8_t sleep_registers[24];
} __attribute__((packed));

_Static_assert(offsetof(struct fadt, boot_flags) == 109, "ACPI 5.2.9");
_Static_assert(offsetof(struct fadt, flags) == 112, "ACPI 5.2.9");
_Static_assert(offsetof(struct fadt, x_dsdt) == 140, "ACPI 5.2.9");
_Static_assert(sizeof(struct fadt) == 268, "ACPI 5.2.9");

struct madt {
	struct header header;
	uint32_t lapic;
	uint32_t flags;
} __attribute__((packed));

struct madt_lapic {
	uint8_t type;
	uint8_t length;
	uint8_t uid;
	uint8_t apic_id;
	uint32_t flags;
} __attribute__((packed));

/* Scope (\_SB) {} */
static const uint8_t aml[] = { 0x10, 0x06, '\\', '_', 'S', 'B', '_' };

struct dsdt {
	struct header header;
	uint8_t aml[sizeof(aml)];
} __attribute__((packed));

/* All tables but the MADT, whose length varies and which comes last. */
struct tables {
	struct rsdp rsdp;
	uint8_t pad[4];
	struct xsdt xsdt;
	uint8_t pad2[4];
	struct fadt fadt;
	uint8_t pad3[4];
	struct dsdt dsdt;
	uint8_t pad4[5];
	struct madt madt;
} __attribute__((packed));

_Static_assert(offsetof(struct tables, madt) % 8 == 0, "aligned");

static uint8_t checksum(const void *table, size_t size)
{
	const uint8_t *bytes = table;
	uint8_t sum = 0;

	for (size_t i = 0; i < size; i++) {
		sum = (uint8_t)(sum + bytes[i]);
	}
	return (uint8_t)-sum;
}

static void header_init(struct header *h, const char signature[4],
			uint8_t revision, size_t length)
{
	memcpy(h->signature, signature, sizeof(h->signature));
	h->length = (uint32_t)length;
	h->revision = revision;
	memcpy(h->oem_id, OEM_ID, sizeof(h->oem_id));
	memcpy(h->oem_table, OEM_TABLE, sizeof(h->oem_table));
	h->oem_revision = 1;
	memcpy(h->creator, CREATOR, sizeof(h->creator));
	h->creator_revision = 1;
}

/* Last, when all the table's bytes are there. */
static void header_seal(struct header *h)
{
	h->checksum = 0;
	h->checksum = checksum(h, h->length);
}

static void build_rsdp(struct tables *t, uint64_t gaddr)
{
	struct rsdp *r = &t->rsdp;

	memcpy(r->signature, "RSD PTR ", sizeof(r->signature));
	memcpy(r->oem_id, OEM_ID, sizeof(r->oem_id));
	r->revision = 2;
	r->length = sizeof(*r);
	r->xsdt = gaddr + offsetof(struct tables, xsdt);
	r->checksum = checksum(r, 20);
	r->extended_checksum = checksum(r, sizeof(*r));
}

static void build_xsdt(struct tables *t, uint64_t gaddr)
{
	header_init(&t->xsdt.header, "XSDT", 1, sizeof(t->xsdt));
	t->xsdt.tables[0] = gaddr + offsetof(struct tables, fadt);
	t->xsdt.tables[1] = gaddr + offsetof(struct tables, madt);
	header_seal(&t->xsdt.header);
}

static void build_fadt(struct tables *t, uint64_t gaddr)
{
	struct fadt *f = &t->fadt;
	const uint64_t dsdt = gaddr + offsetof(struct tables, dsdt);

	header_init(&f->header, "FACP", FADT_REVISION, sizeof(*f));
	f->dsdt = (uint32_t)dsdt;
	f->x_dsdt = dsdt;
	f->boot_flags = FADT_BOOT_NO_VGA | FADT_BOOT_NO_CMOS_RTC;
	f->flags = FADT_WBINVD | FADT_NO_POWER_BUTTON | FADT_NO_SLEEP_BUTTON |
		   FADT_HW_REDUCED;
	header_seal(&f->header);
}

static void build_dsdt(struct tables *t)
{
	header_init(&t->dsdt.header, "DSDT", 2, sizeof(t->dsdt));
	memcpy(t->dsdt.aml, aml, sizeof(aml));
	header_seal(&t->dsdt.header);
}

static void build_madt(struct tables *t, uint8_t *entries, unsigned int vcpus)
{
	header_init(&t->madt.header, "APIC", 3,
		    sizeof(t->madt) + vcpus * sizeof(struct madt_lapic));
	t->madt.lapic = LAPIC_GADDR;
	for (unsigned int i = 0; i < vcpus; i++) {
		const struct madt_lapic entry = {
			.type = MADT_LAPIC,
			.length = sizeof(entry),
			.uid = (uint8_t)i,
			.apic_id = (uint8_t)(2 * i),
			.flags = MADT_LAPIC_ENABLED,
		};

		memcpy(entries + i * sizeof(entry), &entry, sizeof(entry));
	}
	header_seal(&t->madt.header);
}

size_t acpi_build(uint8_t *out, size_t size, uint64_t gaddr, unsigned int vcpus)
{
	struct tables *t = (struct tables *)out;
	const size_t used = sizeof(*t) + vcpus * sizeof(struct madt_lapic);

	if (vcpus > ACPI_VCPUS_MAX || used > size) {
		return 0;
	}
	memset(out, 0, used);
	build_rsdp(t, gaddr);
	build_xsdt(t, gaddr);
	build_fadt(t, gaddr);
	build_dsdt(t);
	build_madt(t, out + sizeof(*t), vcpus);
	return used;
}
