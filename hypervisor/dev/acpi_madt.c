/* SPDX-License-Identifier: MIT */
/* MADT (ACPI 6.5 5.2.12). Written once at boot, constant afterwards. */
#include "dev/acpi_madt.h"

#include "abi/abi.h"
#include "arch/x86/hooks.h"
#include "core/ioapic.h"
#include "lib/cpuset.h"

static struct acpi_isa_irq isa_irqs[ACPI_ISA_IRQS];

/* ACPI 6.5 5.2.12.2 and 5.2.12.12; false for other kinds of entries. */
static bool cpu_decode(const struct madt_entry *e, struct acpi_cpu *out)
{
	const struct madt_lapic *l = (const struct madt_lapic *)e;
	const struct madt_x2apic *x = (const struct madt_x2apic *)e;

	if (e->type == MADT_LAPIC && e->length >= sizeof(*l)) {
		*out = (struct acpi_cpu){ l->apic_id, l->uid };
		return l->apic_id != 0xff && (l->flags & MADT_CPU_ENABLED) != 0;
	}
	if (e->type == MADT_X2APIC && e->length >= sizeof(*x)) {
		*out = (struct acpi_cpu){ x->apic_id, x->uid };
		return (x->flags & MADT_CPU_ENABLED) != 0;
	}
	return false;
}

/* Some firmware lists a processor both ways; in the older one ids are below
 * 255. */
void acpi_madt_cpus(void (*add)(const struct acpi_cpu *cpu, void *context),
		    void *context)
{
	const struct madt *m = acpi_map("APIC", sizeof(*m));
	const struct madt_entry *e = NULL;
	struct cpuset seen = { { 0 } };
	struct acpi_cpu cpu;

	if (m == NULL) {
		return;
	}
	while ((e = acpi_next(&m->header, sizeof(*m), 1, e)) != NULL) {
		if (!cpu_decode(e, &cpu) || cpuset_has(&seen, cpu.apic_id)) {
			continue;
		}
		if (cpu.apic_id < MAX_CPUS) {
			cpuset_add(&seen, cpu.apic_id);
		}
		add(&cpu, context);
	}
	acpi_unmap(m);
}

/* ACPI 6.5 table 5.26; other values are the bus's own way, edge and high. */
static void override_add(const struct madt_override *o)
{
	if (o->bus == 0 && o->irq < ACPI_ISA_IRQS) {
		isa_irqs[o->irq] = (struct acpi_isa_irq){
			.gsi = o->gsi,
			.level = (o->flags >> 2 & 3u) == 3,
			.active_low = (o->flags & 3u) == 3,
		};
	}
}

int acpi_madt_init(void)
{
	const struct madt *m = acpi_map("APIC", sizeof(*m));
	const struct madt_entry *e = NULL;

	for (unsigned int i = 0; i < ACPI_ISA_IRQS; i++) {
		isa_irqs[i] = (struct acpi_isa_irq){ .gsi = i };
	}
	if (m == NULL) {
		return -XEN_ENOENT;
	}
	ioapic_disable_8259();
	while ((e = acpi_next(&m->header, sizeof(*m), 1, e)) != NULL) {
		const struct madt_ioapic *io = (const struct madt_ioapic *)e;

		if (e->type == MADT_IOAPIC && e->length >= sizeof(*io)) {
			ioapic_add(io->id, io->address, io->gsi_base);
		} else if (e->type == MADT_OVERRIDE &&
			   e->length >= sizeof(struct madt_override)) {
			override_add((const struct madt_override *)e);
		}
	}
	acpi_unmap(m);
	return 0;
}

const struct acpi_isa_irq *acpi_madt_isa_irq(unsigned int irq)
{
	assert(irq < ACPI_ISA_IRQS);
	return &isa_irqs[irq];
}
