/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables of the service VM.
 *
 * Dropped are tables about what the hypervisor keeps (DMAR, IVRS, HPET, the
 * UART's) and those that name physical processors (SRAT, SLIT and the like):
 * the list below says which are passed on.
 */
#include "boot/service_acpi.h"

#include "abi/abi.h"
#include "core/ioapic.h"
#include "dev/acpi_madt.h"
#include "dev/acpi_madt_format.h"
#include "domain/domain.h"
#include "lib/checksum.h"
#include "lib/string.h"
#include "virt/vdev/vlapic.h"

#define LAPIC_ADDRESS VLAPIC_BASE_DEFAULT

/* DSDT and FACS are reached through the FADT ("FACP"). */
static const char passed_on[][5] = {
	"FACP", "SSDT", "PSDT", "SBST", "MCFG",
	"SLIC", "MSDM", "WDAT", "FPDT", "S3PT",
};

/* An entry of the MADT names an APIC by eight bits; 0xff names none. */
static_assert(2 * (DOMAIN_MAX_VCPUS - 1) < 0xff, "APIC ids fit");

/* What is built so far; running out of room sets `full`. */
struct builder {
	uint8_t *buf;
	size_t size;
	size_t used;
	gaddr_t at; /* where buf is for the service VM */
	bool full;
};

/* The next `len` bytes, or NULL when there is no room. */
static void *take(struct builder *b, size_t len)
{
	uint8_t *p = b->buf + b->used;

	if (b->full || !range_ok(b->used, len, b->size)) {
		b->full = true;
		return NULL;
	}
	b->used += len;
	return p;
}

static void append(struct builder *b, const void *bytes, size_t len)
{
	void *p = take(b, len);

	if (p != NULL) {
		memcpy(p, bytes, len);
	}
}

static void table_begin(struct builder *b, const char *signature,
			uint8_t revision)
{
	struct acpi_header h = {
		.revision = revision,
		.oem_id = { 'C', 'O', 'R', 'B', 'E', 'L' },
		.oem_table_id = { 'S', 'E', 'R', 'V', 'I', 'C', 'E', ' ' },
	};

	memcpy(h.signature, signature, sizeof(h.signature));
	append(b, &h, sizeof(h));
}

/* Closes the table that began at offset `start`. */
static void table_end(struct builder *b, size_t start)
{
	struct acpi_header h;

	if (b->full) {
		return;
	}
	memcpy(&h, b->buf + start, sizeof(h));
	h.length = (uint32_t)(b->used - start);
	memcpy(b->buf + start, &h, sizeof(h));
	h.checksum = (uint8_t)-checksum_bytes(b->buf + start, h.length);
	memcpy(b->buf + start, &h, sizeof(h));
	(void)take(b, align_up(b->used, 16) - b->used);
}

/* Processor UID i is vCPU i: Linux takes it for the vCPU's number. */
static void madt_cpus(struct builder *b, unsigned int vcpu_count)
{
	for (unsigned int i = 0; i < vcpu_count; i++) {
		const struct madt_lapic cpu = {
			.entry = { MADT_LAPIC, sizeof(cpu) },
			.uid = (uint8_t)i,
			.apic_id = (uint8_t)vlapic_id_of(i),
			.flags = MADT_CPU_ENABLED,
		};

		append(b, &cpu, sizeof(cpu));
	}
}

static void madt_ioapics(struct builder *b)
{
	for (unsigned int i = 0; i < ioapic_count; i++) {
		const struct madt_ioapic io = {
			.entry = { MADT_IOAPIC, sizeof(io) },
			.id = ioapic_table[i].id,
			.address = (uint32_t)ioapic_table[i].base,
			.gsi_base = ioapic_table[i].gsi_base,
		};

		append(b, &io, sizeof(io));
	}
}

static void madt_overrides(struct builder *b)
{
	for (unsigned int i = 0; i < ACPI_ISA_IRQS; i++) {
		const struct acpi_isa_irq *isa = acpi_madt_isa_irq(i);
		const struct madt_override o = {
			.entry = { MADT_OVERRIDE, sizeof(o) },
			.irq = (uint8_t)i,
			.gsi = isa->gsi,
			.flags = isa->flags,
		};

		if (isa->overridden) {
			append(b, &o, sizeof(o));
		}
	}
}

/* PCAT_COMPAT stays clear: there is no 8259, and Linux is not to test its timer
 * through one. */
static gaddr_t madt_build(struct builder *b, unsigned int vcpu_count)
{
	const size_t start = b->used;
	const uint32_t info[2] = { LAPIC_ADDRESS, 0 };

	table_begin(b, "APIC", 4);
	append(b, info, sizeof(info));
	madt_cpus(b, vcpu_count);
	madt_ioapics(b);
	madt_overrides(b);
	table_end(b, start);
	return gaddr(b->at.v + start);
}

static bool is_passed_on(const struct acpi_table *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++) {
		if (memcmp(t->signature, passed_on[i], 4) == 0) {
			return true;
		}
	}
	return false;
}

static gaddr_t xsdt_build(struct builder *b, gaddr_t madt)
{
	const size_t start = b->used;

	table_begin(b, "XSDT", 1);
	append(b, &madt.v, sizeof(madt.v));
	for (unsigned int i = 0; i < acpi_table_count; i++) {
		/* Where the machine has it, the service VM has it too. */
		const uint64_t address = acpi_tables[i].address.v;

		if (is_passed_on(&acpi_tables[i])) {
			append(b, &address, sizeof(address));
		}
	}
	table_end(b, start);
	return gaddr(b->at.v + start);
}

int service_acpi_build(void *buf, size_t size, gaddr_t at,
		       unsigned int vcpu_count, gaddr_t *rsdp)
{
	struct builder b = { .buf = buf, .size = size, .at = at };
	struct acpi_rsdp *root = take(&b, align_up(sizeof(*root), 16));
	gaddr_t madt;

	madt = madt_build(&b, vcpu_count);

	const gaddr_t xsdt = xsdt_build(&b, madt);

	if (b.full) {
		return -XEN_ENOSPC;
	}
	*root = (struct acpi_rsdp){
		.signature = { 'R', 'S', 'D', ' ', 'P', 'T', 'R', ' ' },
		.oem_id = { 'C', 'O', 'R', 'B', 'E', 'L' },
		.revision = 2,
		.length = sizeof(*root),
		.xsdt = xsdt.v,
	};
	root->checksum = (uint8_t)-checksum_bytes(root, 20);
	root->extended_checksum = (uint8_t)-checksum_bytes(root, sizeof(*root));
	*rsdp = at;
	return 0;
}
