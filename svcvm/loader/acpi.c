/* SPDX-License-Identifier: MIT */
/*
 * Dropped are tables about what the hypervisor keeps (DMAR, IVRS, HPET, the
 * UART's) and those that name physical processors (SRAT, SLIT and the like):
 * the list below says which are passed on.
 *
 * The firmware's tables are read where they are; what lies above 4 GiB is not
 * seen, and then not passed on.
 */
#include "svcvm/loader/acpi.h"

#include <stdbool.h>

#include "svcvm/loader/acpi_tables.h"
#include "svcvm/loader/guest_memory.h"

#define MADT_IOAPIC   1
#define MADT_OVERRIDE 2

/* DSDT and FACS are reached through the FADT ("FACP"). */
static const char passed_on[][5] = {
	"FACP", "SSDT", "PSDT", "SBST", "MCFG",
	"SLIC", "MSDM", "WDAT", "FPDT", "S3PT",
};

/* The machine's root table: a list of 4 or 8-byte pointers. */
struct root {
	const struct acpi_header *table;
	size_t width;
	size_t count;
};

/* What is built so far; running out of room sets `full`. */
struct builder {
	uint8_t *buf;
	size_t size;
	size_t used;
	bool full;
};

static bool visible(uint64_t gpa, uint64_t size)
{
	return gpa != 0 && gpa <= PLACE_LIMIT && size <= PLACE_LIMIT - gpa;
}

static const struct acpi_header *table_at(uint64_t gpa)
{
	const struct acpi_header *h = guest_memory(gpa);

	return visible(gpa, sizeof(*h)) && h->length >= sizeof(*h) &&
			       visible(gpa, h->length)
		       ? h
		       : NULL;
}

static struct root root_of(const struct acpi_rsdp *machine)
{
	const bool wide = machine->revision >= 2 && machine->xsdt != 0;
	struct root root = {
		.table = table_at(wide ? machine->xsdt : machine->rsdt),
		.width = wide ? 8 : 4,
	};

	if (root.table != NULL) {
		root.count =
			(root.table->length - sizeof(*root.table)) / root.width;
	}
	return root;
}

static uint64_t pointer_at(const struct root *root, size_t i)
{
	uint64_t pointer = 0;

	memcpy(&pointer, (const uint8_t *)(root->table + 1) + i * root->width,
	       root->width);
	return pointer;
}

static void append(struct builder *b, const void *bytes, size_t len)
{
	if (b->full || len > b->size - b->used) {
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
	static const uint8_t padding[16];
	struct acpi_header h;

	append(b, padding, -b->used % sizeof(padding));
	acpi_header_init(&h, signature, revision);
	append(b, &h, sizeof(h));
	return b->used - sizeof(h);
}

static void table_end(struct builder *b, size_t start)
{
	if (!b->full) {
		acpi_header_seal((struct acpi_header *)(void *)(b->buf + start),
				 b->used - start);
	}
}

/* I/O APICs and overrides are the machine's. */
static void madt_copy(struct builder *b, const struct acpi_header *machine)
{
	const uint8_t *at = (const uint8_t *)machine + sizeof(struct acpi_madt);
	const uint8_t *end = (const uint8_t *)machine + machine->length;

	while (end - at >= 2 && at[1] >= 2 && at[1] <= end - at) {
		if (at[0] == MADT_IOAPIC || at[0] == MADT_OVERRIDE) {
			append(b, at, at[1]);
		}
		at += at[1];
	}
}

/*
 * The flag PCAT_COMPAT stays clear: there is no 8259, and Linux is not to test
 * its timer through one.
 */
static size_t madt_build(struct builder *b, const struct root *root,
			 unsigned int vcpus)
{
	const size_t start = table_begin(b, "APIC", 4);
	const uint32_t info[2] = { ACPI_LAPIC_GADDR, 0 };

	append(b, info, sizeof(info));
	for (unsigned int i = 0; i < vcpus; i++) {
		const struct acpi_madt_lapic vcpu = acpi_vcpu(i);

		append(b, &vcpu, sizeof(vcpu));
	}
	for (size_t i = 0; i < root->count; i++) {
		const struct acpi_header *h = table_at(pointer_at(root, i));

		if (h != NULL && memcmp(h->signature, "APIC", 4) == 0) {
			madt_copy(b, h);
			break;
		}
	}
	table_end(b, start);
	return start;
}

static bool is_passed_on(const struct acpi_header *h)
{
	for (size_t i = 0; h != NULL && i < sizeof(passed_on) / 5; i++) {
		if (memcmp(h->signature, passed_on[i], 4) == 0) {
			return true;
		}
	}
	return false;
}

static size_t xsdt_build(struct builder *b, const struct root *root,
			 uint64_t madt)
{
	const size_t start = table_begin(b, "XSDT", 1);

	append(b, &madt, sizeof(madt));
	for (size_t i = 0; i < root->count; i++) {
		const uint64_t pointer = pointer_at(root, i);

		/* Where the machine has it, the service VM has it too. */
		if (is_passed_on(table_at(pointer))) {
			append(b, &pointer, sizeof(pointer));
		}
	}
	table_end(b, start);
	return start;
}

/* Bytes of ACPI memory from `gpa` on. */
static uint64_t room_at(const struct inputs *in, uint64_t gpa)
{
	for (uint32_t i = 0; i < in->start_info.memmap_entries; i++) {
		const struct hvm_memmap_table_entry *e = &in->memmap[i];

		if (e->type == XEN_HVM_MEMMAP_TYPE_ACPI &&
		    gpa - e->addr < e->size && visible(e->addr, e->size)) {
			return e->size - (gpa - e->addr);
		}
	}
	return 0;
}

int acpi_replace(const struct inputs *in, unsigned int vcpus,
		 struct report *why)
{
	const uint64_t gpa = in->start_info.rsdp_paddr;
	struct builder b = { .buf = guest_memory(gpa),
			     .size = room_at(in, gpa) };
	struct acpi_rsdp rsdp;

	if (b.size < sizeof(rsdp)) {
		return 0;
	}
	memcpy(&rsdp, b.buf, sizeof(rsdp));

	const struct root root = root_of(&rsdp);

	if (root.table == NULL) {
		return report_error(why, "ACPI: no root table");
	}
	append(&b, &rsdp, sizeof(rsdp));

	const uint64_t madt = gpa + madt_build(&b, &root, vcpus);
	const uint64_t xsdt = gpa + xsdt_build(&b, &root, madt);

	if (b.full) {
		return report_error(why, "ACPI: no room in %#lx bytes",
				    (unsigned long)b.size);
	}
	acpi_rsdp_init((struct acpi_rsdp *)(void *)b.buf, xsdt);
	return 0;
}
