/* SPDX-License-Identifier: MIT */
/*
 * Interrupt remapping: a message that no entry of the units allows makes no
 * interrupt, so a device that writes where messages are written chooses neither
 * vector nor pCPU. Without such units messages say what they want themselves.
 */
#include "dev/iommu.h"

#include "abi/abi.h"
#include "arch/x86/hooks.h"
#include "arch/x86/percpu.h"
#include "core/ioapic.h"
#include "dev/acpi_devices.h"
#include "dev/iommu_unit.h"

/* SDM 3A 11.11 (AMD APM 2 16.11): where messages become interrupts. */
#define MESSAGE_BASE       0xfee00000u
#define MESSAGE_DEST_SHIFT 12

static const struct iommu_ops *units; /* NULL: no interrupt remapping */

/* As what the I/O APIC with this id sends, or IOMMU_ANY_SOURCE. */
static uint32_t source_of(uint8_t id)
{
	for (unsigned int i = 0; i < acpi_ioapic_source_count; i++) {
		if (acpi_ioapic_sources[i].id == id) {
			return acpi_ioapic_sources[i].sbdf;
		}
	}
	return IOMMU_ANY_SOURCE;
}

bool iommu_irq_init(const struct iommu_ops *able)
{
	units = able;
	for (unsigned int i = 0; units != NULL && i < ioapic_count; i++) {
		if (source_of(ioapic_table[i].id) == IOMMU_ANY_SOURCE) {
			units = NULL;
		}
	}
	if (units == NULL) {
		log_warning("IOMMU: interrupts are not remapped: devices may "
			    "send any to any CPU\n");
	}
	return units != NULL;
}

struct iommu_message iommu_irq_plain(const struct iommu_irq *q)
{
	return (struct iommu_message){
		.address = MESSAGE_BASE | pcpu_table[q->cpu]->apic_id
						  << MESSAGE_DEST_SHIFT,
		.data = q->vector,
	};
}

int iommu_irq_set(const struct iommu_irq *q, struct iommu_message *m)
{
	assert(pcpu_table[q->cpu]->apic_id <= IOMMU_IRQ_ID_MAX);
	*m = iommu_irq_plain(q);
	return units == NULL ? 0 : units->irq_set(q, m);
}

void iommu_irq_clear(const struct iommu_irq *q)
{
	if (units != NULL) {
		units->irq_clear(q);
	}
}

/* The pin's interrupt by what the units call it. False: there is none. */
static bool pin_find(uint32_t gsi, struct iommu_irq *q)
{
	for (unsigned int i = 0; i < ioapic_count; i++) {
		const uint32_t pin = gsi - ioapic_table[i].gsi_base;

		if (pin < ioapic_table[i].pins) {
			q->source = source_of(ioapic_table[i].id);
			q->index = (uint16_t)pin;
			return true;
		}
	}
	return false;
}

/* An entry has the bits of its message elsewhere (82093AA 3.2.4; VT-d 5.1.5.1). */
static uint64_t entry_of(const struct iommu_message *m)
{
	return (uint64_t)(m->address >> 4 & 0xffff) << 48 |
	       (m->address >> 2 & 1) << 11 | (m->data & 0x7ff);
}

int iommu_pin_set(uint32_t gsi, const struct iommu_irq *q, bool active_low)
{
	struct iommu_irq found = *q;
	struct iommu_message m;
	int err;

	if (!pin_find(gsi, &found)) {
		return -XEN_ENOENT;
	}
	err = iommu_irq_set(&found, &m);
	if (err == 0) {
		ioapic_route(gsi, entry_of(&m), q->level, active_low);
	}
	return err;
}

void iommu_pin_clear(uint32_t gsi, const struct iommu_irq *q)
{
	struct iommu_irq found = *q;

	if (pin_find(gsi, &found)) {
		iommu_irq_clear(&found);
	}
}
