/* SPDX-License-Identifier: MIT */
/* MADT (ACPI 6.5 5.2.12). Written once at boot, constant afterwards. */
#include "dev/acpi_madt.h"

#include "abi/abi.h"
#include "arch/x86/hooks.h"
#include "core/ioapic.h"
#include "dev/acpi_madt_format.h"
#include "lib/string.h"

static struct acpi_isa_irq isa_irqs[ACPI_ISA_IRQS];

/* The entry after `e` (the first one for NULL) that lies within the table. */
static const struct madt_entry *madt_next(const struct madt *m,
					  const struct madt_entry *e)
{
	const uint8_t *const end = (const uint8_t *)m + m->header.length;
	const uint8_t *at = (const uint8_t *)(m + 1);
	const struct madt_entry *next;

	if (e != NULL) {
		at = (const uint8_t *)e + e->length;
	}
	if ((size_t)(end - at) < sizeof(*next)) {
		return NULL;
	}
	next = (const struct madt_entry *)at;
	if (next->length < sizeof(*next) || next->length > end - at) {
		return NULL;
	}
	return next;
}

/* ACPI 6.5 5.2.12.2 and 5.2.12.12; false for other kinds of entries. */
static bool cpu_decode(const struct madt_entry *e, struct acpi_cpu *out)
{
	const struct madt_lapic *l = (const struct madt_lapic *)e;
	const struct madt_x2apic *x = (const struct madt_x2apic *)e;
	uint32_t flags;

	if (e->type == MADT_LAPIC && e->length >= sizeof(*l)) {
		out->apic_id = l->apic_id;
		out->uid = l->uid;
		flags = l->flags;
		if (l->apic_id == 0xff) {
			return false;
		}
	} else if (e->type == MADT_X2APIC && e->length >= sizeof(*x)) {
		out->apic_id = x->apic_id;
		out->uid = x->uid;
		flags = x->flags;
	} else {
		return false;
	}
	out->enabled = (flags & MADT_CPU_ENABLED) != 0;
	out->online_capable = (flags & MADT_CPU_ONLINE_CAPABLE) != 0;
	return out->enabled || out->online_capable;
}

/* Some firmware lists a processor both ways. */
static bool cpu_is_listed_before(const struct madt *m,
				 const struct madt_entry *end, uint32_t apic_id)
{
	const struct madt_entry *e = NULL;
	struct acpi_cpu cpu;

	while ((e = madt_next(m, e)) != end && e != NULL) {
		if (cpu_decode(e, &cpu) && cpu.apic_id == apic_id) {
			return true;
		}
	}
	return false;
}

void acpi_madt_cpus(void (*add)(const struct acpi_cpu *cpu, void *context),
		    void *context)
{
	const struct acpi_table *t = acpi_find("APIC", 0);
	const struct madt *m =
		t == NULL ? NULL : acpi_map(t, sizeof(struct madt));
	const struct madt_entry *e = NULL;
	struct acpi_cpu cpu;

	if (m == NULL) {
		return;
	}
	while ((e = madt_next(m, e)) != NULL) {
		if (cpu_decode(e, &cpu) &&
		    !cpu_is_listed_before(m, e, cpu.apic_id)) {
			add(&cpu, context);
		}
	}
	acpi_unmap(t, m);
}

/* ACPI 6.5 table 5.26; 0 in a field is the bus's own way, edge and high. */
static void override_add(const struct madt_override *o)
{
	const unsigned int polarity = o->flags & 3u;
	const unsigned int trigger = (o->flags >> 2) & 3u;

	if (o->bus != 0 || o->irq >= ACPI_ISA_IRQS) {
		log_warning("acpi: override of bus %u irq %u ignored\n", o->bus,
			    o->irq);
		return;
	}
	isa_irqs[o->irq] = (struct acpi_isa_irq){
		.gsi = o->gsi,
		.level = trigger == 3,
		.active_low = polarity == 3,
		.overridden = true,
		.flags = o->flags,
	};
}

static void entry_read(const struct madt_entry *e)
{
	const struct madt_ioapic *io = (const struct madt_ioapic *)e;

	if (e->type == MADT_IOAPIC && e->length >= sizeof(*io)) {
		ioapic_add(io->id, io->address, io->gsi_base);
	}
	if (e->type == MADT_OVERRIDE &&
	    e->length >= sizeof(struct madt_override)) {
		override_add((const struct madt_override *)e);
	}
}

int acpi_madt_init(void)
{
	const struct acpi_table *t = acpi_find("APIC", 0);
	const struct madt *m =
		t == NULL ? NULL : acpi_map(t, sizeof(struct madt));
	const struct madt_entry *e = NULL;

	for (unsigned int i = 0; i < ACPI_ISA_IRQS; i++) {
		isa_irqs[i] = (struct acpi_isa_irq){ .gsi = i };
	}
	if (m == NULL) {
		return -XEN_ENOENT;
	}
	/* ACPI 6.5 5.2.12.1: disabled before the I/O APICs are used. */
	if ((m->flags & MADT_PCAT_COMPAT) != 0) {
		ioapic_disable_8259();
	}
	while ((e = madt_next(m, e)) != NULL) {
		entry_read(e);
	}
	acpi_unmap(t, m);
	return 0;
}

const struct acpi_isa_irq *acpi_madt_isa_irq(unsigned int irq)
{
	assert(irq < ACPI_ISA_IRQS);
	return &isa_irqs[irq];
}

void acpi_madt_gsi_signal(uint32_t gsi, bool *level, bool *active_low)
{
	for (unsigned int i = 0; i < ACPI_ISA_IRQS; i++) {
		if (isa_irqs[i].gsi == gsi) {
			*level = isa_irqs[i].level;
			*active_low = isa_irqs[i].active_low;
			return;
		}
	}
	*level = true;
	*active_low = true;
}
