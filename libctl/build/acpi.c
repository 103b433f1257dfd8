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

#include "svcvm/loader/acpi_tables.h"

#define FADT_WBINVD           (1u << 0)
#define FADT_NO_POWER_BUTTON  (1u << 4)
#define FADT_NO_SLEEP_BUTTON  (1u << 5)
#define FADT_HW_REDUCED       (1u << 20)
#define FADT_BOOT_NO_VGA      (1u << 2)
#define FADT_BOOT_NO_CMOS_RTC (1u << 5)
#define FADT_REVISION         5u

struct xsdt {
	struct acpi_header header;
	uint64_t tables[2];
} __attribute__((packed));

/* ACPI 5.2.9; a field of fixed hardware is 0. */
struct fadt {
	struct acpi_header header;
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

/* Scope (\_SB) {} */
static const uint8_t aml[] = { 0x10, 0x06, '\\', '_', 'S', 'B', '_' };

struct dsdt {
	struct acpi_header header;
	uint8_t aml[sizeof(aml)];
} __attribute__((packed));

/* All tables but the MADT, whose length varies and which comes last. */
struct tables {
	struct acpi_rsdp rsdp;
	uint8_t pad[4];
	struct xsdt xsdt;
	uint8_t pad2[4];
	struct fadt fadt;
	uint8_t pad3[4];
	struct dsdt dsdt;
	uint8_t pad4[5];
	struct acpi_madt madt;
} __attribute__((packed));

_Static_assert(offsetof(struct tables, madt) % 8 == 0, "aligned");

static void build_xsdt(struct tables *t, uint64_t gaddr)
{
	acpi_header_init(&t->xsdt.header, "XSDT", 1);
	t->xsdt.tables[0] = gaddr + offsetof(struct tables, fadt);
	t->xsdt.tables[1] = gaddr + offsetof(struct tables, madt);
	acpi_header_seal(&t->xsdt.header, sizeof(t->xsdt));
}

static void build_fadt(struct tables *t, uint64_t gaddr)
{
	struct fadt *f = &t->fadt;
	const uint64_t dsdt = gaddr + offsetof(struct tables, dsdt);

	acpi_header_init(&f->header, "FACP", FADT_REVISION);
	f->dsdt = (uint32_t)dsdt;
	f->x_dsdt = dsdt;
	f->boot_flags = FADT_BOOT_NO_VGA | FADT_BOOT_NO_CMOS_RTC;
	f->flags = FADT_WBINVD | FADT_NO_POWER_BUTTON | FADT_NO_SLEEP_BUTTON |
		   FADT_HW_REDUCED;
	acpi_header_seal(&f->header, sizeof(*f));
}

static void build_dsdt(struct tables *t)
{
	acpi_header_init(&t->dsdt.header, "DSDT", 2);
	memcpy(t->dsdt.aml, aml, sizeof(aml));
	acpi_header_seal(&t->dsdt.header, sizeof(t->dsdt));
}

static void build_madt(struct tables *t, uint8_t *entries, unsigned int vcpus)
{
	acpi_header_init(&t->madt.header, "APIC", 3);
	t->madt.lapic = ACPI_LAPIC_GADDR;
	for (unsigned int i = 0; i < vcpus; i++) {
		const struct acpi_madt_lapic entry = acpi_vcpu(i);

		memcpy(entries + i * sizeof(entry), &entry, sizeof(entry));
	}
	acpi_header_seal(&t->madt.header,
			 sizeof(t->madt) +
				 vcpus * sizeof(struct acpi_madt_lapic));
}

size_t acpi_build(uint8_t *out, size_t size, uint64_t gaddr, unsigned int vcpus)
{
	struct tables *t = (struct tables *)out;
	const size_t used = sizeof(*t) + vcpus * sizeof(struct acpi_madt_lapic);

	if (vcpus > ACPI_VCPUS_MAX || used > size) {
		return 0;
	}
	memset(out, 0, used);
	acpi_rsdp_init(&t->rsdp, gaddr + offsetof(struct tables, xsdt));
	build_xsdt(t, gaddr);
	build_fadt(t, gaddr);
	build_dsdt(t);
	build_madt(t, out + sizeof(*t), vcpus);
	return used;
}
