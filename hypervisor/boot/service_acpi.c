/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables of the service VM.
 *
 * Dropped are tables about what the hypervisor keeps (DMAR, IVRS, HPET, the
 * UART's) and those that name physical processors (SRAT, SLIT and the like):
 * the list below says which are passed on.
 */
#include "boot/service_acpi.h"

#include "dev/acpi_madt.h"
#include "domain/domain.h"
#include "lib/checksum.h"
#include "lib/string.h"
#include "virt/vdev/vlapic.h"

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
	bool full;
};

static void append(struct builder *b, const void *bytes, size_t len)
{
	if (b->full || !range_ok(b->used, len, b->size)) {
		b->full = true;
		return;
	}
	memcpy(b->buf + b->used, bytes, len);
	b->used += len;
}

/* Gives the offset at which the table begins. */
static size_t table_begin(struct builder *b, const char *signature,
			  uint8_t revision)
{
	const size_t start = align_up(b->used, 16);
	struct acpi_header h = {
		.revision = revision,
		.oem_id = "CORBEL",
		.oem_table_id = "SERVICE",
	};

	memcpy(h.signature, signature, sizeof(h.signature));
	b->used = start;
	append(b, &h, sizeof(h));
	return start;
}

static void table_end(struct builder *b, size_t start)
{
	struct acpi_header *h = (struct acpi_header *)(void *)(b->buf + start);

	if (!b->full) {
		h->length = (uint32_t)(b->used - start);
		h->checksum = (uint8_t)-checksum_bytes(h, h->length);
	}
}

/* I/O APICs and overrides are the machine's. */
static void madt_copy(struct builder *b)
{
	const struct madt *m = acpi_map("APIC", sizeof(*m));
	const struct madt_entry *e = NULL;

	if (m == NULL) {
		return;
	}
	while ((e = acpi_next(&m->header, sizeof(*m), 1, e)) != NULL) {
		if (e->type == MADT_IOAPIC || e->type == MADT_OVERRIDE) {
			append(b, e, e->length);
		}
	}
	acpi_unmap(m);
}

/*
 * Processor UID i is vCPU i: Linux takes it for the vCPU's number. The flag
 * PCAT_COMPAT stays clear: there is no 8259, and Linux is not to test its timer
 * through one.
 */
static size_t madt_build(struct builder *b, unsigned int vcpu_count)
{
	const size_t start = table_begin(b, "APIC", 4);
	const uint32_t info[2] = { VLAPIC_BASE, 0 };

	append(b, info, sizeof(info));
	for (unsigned int i = 0; i < vcpu_count; i++) {
		const struct madt_lapic cpu = {
			.entry = { MADT_LAPIC, sizeof(cpu) },
			.uid = (uint8_t)i,
			.apic_id = (uint8_t)vlapic_id_of(i),
			.flags = MADT_CPU_ENABLED,
		};

		append(b, &cpu, sizeof(cpu));
	}
	madt_copy(b);
	table_end(b, start);
	return start;
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

static size_t xsdt_build(struct builder *b, uint64_t madt)
{
	const size_t start = table_begin(b, "XSDT", 1);

	append(b, &madt, sizeof(madt));
	for (unsigned int i = 0; i < acpi_table_count; i++) {
		/* Where the machine has it, the service VM has it too. */
		if (is_passed_on(&acpi_tables[i])) {
			append(b, &acpi_tables[i].address.v, sizeof(uint64_t));
		}
	}
	table_end(b, start);
	return start;
}

int service_acpi_build(void *buf, size_t size, gaddr_t at,
		       unsigned int vcpu_count, gaddr_t *rsdp)
{
	struct builder b = { .buf = buf, .size = size };
	struct acpi_rsdp root = {
		.signature = { 'R', 'S', 'D', ' ', 'P', 'T', 'R', ' ' },
		.oem_id = "CORBEL",
		.revision = 2,
		.length = sizeof(root),
	};
	size_t madt;

	append(&b, &root, sizeof(root));
	madt = madt_build(&b, vcpu_count);
	root.xsdt = at.v + xsdt_build(&b, at.v + madt);
	if (b.full) {
		return -XEN_ENOSPC;
	}
	root.checksum = (uint8_t)-checksum_bytes(&root, 20);
	root.extended_checksum = (uint8_t)-checksum_bytes(&root, sizeof(root));
	memcpy(buf, &root, sizeof(root));
	*rsdp = at;
	return 0;
}
