/* SPDX-License-Identifier: MIT */
/*
 * Configuration access: ports for the first 256 bytes of segment 0, since every
 * machine gets that right, memory for the rest (PCI 3.0 3.2.2.3.2; PCI firmware
 * specification 3.3 4.1).
 *
 * The port pair is shared by all pCPUs, hence the lock.
 */
#include "dev/pci.h"

#include "arch/x86/asm.h"
#include "arch/x86/hooks.h"
#include "arch/x86/spinlock.h"
#include "dev/acpi_iommu.h"
#include "dev/acpi_mcfg.h"
#include "mm/vmap.h"

#define PORT_ADDRESS         0xcf8
#define PORT_DATA            0xcfc
#define ADDRESS_ENABLE       0x80000000u

#define CAPABILITY_MSI       0x05u
#define CAPABILITY_MSIX      0x11u
#define CAPABILITIES_MAX     48u /* more would not fit: the list is a loop */

#define MSI_CONTROL_64       0x80u
#define MSI_CONTROL_MASKABLE 0x100u
#define MSIX_CONTROL_SIZE    0x7ffu

#define BAR_IO               0x1u
#define BAR_TYPE_MASK        0x6u
#define BAR_TYPE_64          0x4u
#define BAR_FLAGS            UINT64_C(0xf)

#define MAX_HIDDEN           64

static struct spinlock port_lock = SPINLOCK_INIT(LOCK_DEVICE);
static volatile uint8_t *memory[ACPI_MAX_MCFG]; /* (o) parallel to acpi_mcfg */
static uint32_t hidden[MAX_HIDDEN];
static unsigned int hidden_count;

static void map_memory(void)
{
	for (unsigned int i = 0; i < acpi_mcfg_count; i++) {
		const struct acpi_mcfg *m = &acpi_mcfg[i];
		const uint64_t first = (uint64_t)m->first_bus << 20;
		const uint64_t length =
			(m->last_bus - m->first_bus + UINT64_C(1)) << 20;

		memory[i] = mm_map_device(maddr(m->base.v + first), length);
		if (memory[i] == NULL) {
			log_error("pci: cannot map segment %u\n", m->segment);
		}
	}
}

void pci_init(void)
{
	map_memory();
	for (unsigned int i = 0; i < acpi_iommu_count; i++) {
		const struct acpi_iommu *u = &acpi_iommus[i];

		if (u->kind == ACPI_IOMMU_AMD) {
			pci_hide((uint32_t)u->segment << 16 | u->bdf);
		}
	}
}

/* The function's 4 KiB in memory, or NULL. */
static volatile uint8_t *memory_config(uint32_t sbdf)
{
	const uint32_t bus = sbdf >> 8 & 0xff;

	for (unsigned int i = 0; i < acpi_mcfg_count; i++) {
		const struct acpi_mcfg *m = &acpi_mcfg[i];

		if (memory[i] != NULL && m->segment == sbdf >> 16 &&
		    bus >= m->first_bus && bus <= m->last_bus) {
			return memory[i] + ((bus - m->first_bus) << 20) +
			       ((sbdf & 0xff) << 12);
		}
	}
	return NULL;
}

static bool uses_ports(uint32_t sbdf, uint16_t offset)
{
	return sbdf >> 16 == 0 && offset < PCI_CONFIG_SIZE;
}

static void select_locked(uint32_t sbdf, uint16_t offset)
{
	outl(PORT_ADDRESS,
	     ADDRESS_ENABLE | (sbdf & 0xffff) << 8 | (offset & 0xfcu));
}

static uint32_t port_read(uint32_t sbdf, uint16_t offset, unsigned int size)
{
	const uint16_t data = (uint16_t)(PORT_DATA + (offset & 3));
	uint32_t value;

	spin_lock(&port_lock);
	select_locked(sbdf, offset);
	if (size == 1) {
		value = inb(data);
	} else if (size == 2) {
		value = inw(data);
	} else {
		value = inl(data);
	}
	spin_unlock(&port_lock);
	return value;
}

static void port_write(uint32_t sbdf, uint16_t offset, unsigned int size,
		       uint32_t value)
{
	const uint16_t data = (uint16_t)(PORT_DATA + (offset & 3));

	spin_lock(&port_lock);
	select_locked(sbdf, offset);
	if (size == 1) {
		outb(data, (uint8_t)value);
	} else if (size == 2) {
		outw(data, (uint16_t)value);
	} else {
		outl(data, value);
	}
	spin_unlock(&port_lock);
}

uint32_t pci_read(uint32_t sbdf, uint16_t offset, unsigned int size)
{
	const volatile void *p;

	assert(offset % size == 0 && offset + size <= PCI_EXTENDED_SIZE);
	if (uses_ports(sbdf, offset)) {
		return port_read(sbdf, offset, size);
	}
	p = memory_config(sbdf);
	if (p == NULL) {
		return UINT32_MAX;
	}
	p = (const volatile uint8_t *)p + offset;
	if (size == 1) {
		return *(const volatile uint8_t *)p;
	}
	if (size == 2) {
		return *(const volatile uint16_t *)p;
	}
	return *(const volatile uint32_t *)p;
}

void pci_write(uint32_t sbdf, uint16_t offset, unsigned int size,
	       uint32_t value)
{
	volatile void *p;

	assert(offset % size == 0 && offset + size <= PCI_EXTENDED_SIZE);
	if (uses_ports(sbdf, offset)) {
		port_write(sbdf, offset, size, value);
		return;
	}
	p = memory_config(sbdf);
	if (p == NULL) {
		return;
	}
	p = (volatile uint8_t *)p + offset;
	if (size == 1) {
		*(volatile uint8_t *)p = (uint8_t)value;
	} else if (size == 2) {
		*(volatile uint16_t *)p = (uint16_t)value;
	} else {
		*(volatile uint32_t *)p = value;
	}
}

static void msi_probe(struct pci_function *f, uint8_t at)
{
	const uint32_t control = pci_read(f->sbdf, at + 2, 2);

	f->msi = at;
	f->msi_64 = (control & MSI_CONTROL_64) != 0;
	f->msi_maskable = (control & MSI_CONTROL_MASKABLE) != 0;
}

static void msix_probe(struct pci_function *f, uint8_t at)
{
	const uint32_t control = pci_read(f->sbdf, at + 2, 2);
	const uint32_t table = pci_read(f->sbdf, at + 4, 4);

	f->msix = at;
	f->msix_count = (uint16_t)((control & MSIX_CONTROL_SIZE) + 1);
	f->msix_bar = table & 7;
	f->msix_offset = table & ~7u;
}

/* Only the first of each kind counts; a list that loops ends all the same. */
static void capabilities_probe(struct pci_function *f)
{
	uint8_t at = (uint8_t)pci_read(f->sbdf, PCI_CAPABILITIES, 1) & 0xfc;

	for (unsigned int i = 0; i < CAPABILITIES_MAX && at >= 0x40; i++) {
		const uint32_t head = pci_read(f->sbdf, at, 2);

		if ((head & 0xff) == CAPABILITY_MSI && f->msi == 0) {
			msi_probe(f, at);
		}
		if ((head & 0xff) == CAPABILITY_MSIX && f->msix == 0) {
			msix_probe(f, at);
		}
		at = head >> 8 & 0xfc;
	}
}

bool pci_probe(uint32_t sbdf, struct pci_function *out)
{
	static const uint8_t bars[] = { 6, 2, 1 };
	const uint32_t id = pci_read(sbdf, PCI_ID, 4);

	if ((id & 0xffff) == 0xffff) {
		return false;
	}
	*out = (struct pci_function){
		.sbdf = sbdf,
		.id = id,
		.header_type = pci_read(sbdf, PCI_HEADER_TYPE, 1) & 0x7f,
	};
	if (out->header_type < ARRAY_SIZE(bars)) {
		out->bar_count = bars[out->header_type];
	}
	/* A CardBus bridge (type 2) has its list elsewhere, and no MSI. */
	if (out->header_type < 2 &&
	    (pci_read(sbdf, PCI_STATUS, 2) & PCI_STATUS_CAPABILITIES) != 0) {
		capabilities_probe(out);
	}
	return true;
}

uint64_t pci_bar_address(const struct pci_function *f, unsigned int bar)
{
	uint64_t value;

	if (bar >= f->bar_count) {
		return 0;
	}
	value = pci_read(f->sbdf, PCI_BAR(bar), 4);
	if ((value & BAR_IO) != 0) {
		return 0;
	}
	if ((value & BAR_TYPE_MASK) == BAR_TYPE_64 && bar + 1 < f->bar_count) {
		value |= (uint64_t)pci_read(f->sbdf, PCI_BAR(bar + 1), 4) << 32;
	}
	return value & ~BAR_FLAGS;
}

/* PCI 3.0 3.2.2.3.4: functions 1 to 7 only where function 0 says so. */
static void scan_device(uint32_t sbdf,
			void (*found)(const struct pci_function *f,
				      void *context),
			void *context)
{
	struct pci_function f;
	unsigned int count = 1;

	if ((pci_read(sbdf, PCI_ID, 2) & 0xffff) == 0xffff) {
		return;
	}
	if ((pci_read(sbdf, PCI_HEADER_TYPE, 1) & 0x80) != 0) {
		count = 8;
	}
	for (unsigned int i = 0; i < count; i++) {
		if (pci_probe(sbdf | i, &f)) {
			found(&f, context);
		}
	}
}

static void scan_buses(uint32_t segment, uint32_t first, uint32_t last,
		       void (*found)(const struct pci_function *f,
				     void *context),
		       void *context)
{
	for (uint32_t bus = first; bus <= last; bus++) {
		for (uint32_t device = 0; device < 32; device++) {
			scan_device(segment << 16 | bus << 8 | device << 3,
				    found, context);
		}
	}
}

void pci_scan(void (*found)(const struct pci_function *f, void *context),
	      void *context)
{
	scan_buses(0, 0, 0xff, found, context);
	for (unsigned int i = 0; i < acpi_mcfg_count; i++) {
		const struct acpi_mcfg *m = &acpi_mcfg[i];

		if (m->segment != 0) {
			scan_buses(m->segment, m->first_bus, m->last_bus, found,
				   context);
		}
	}
}

void pci_hide(uint32_t sbdf)
{
	if (pci_is_hidden(sbdf)) {
		return;
	}
	if (hidden_count == MAX_HIDDEN) {
		log_error("pci: more than %u hidden functions\n",
			  (unsigned int)MAX_HIDDEN);
		return;
	}
	hidden[hidden_count] = sbdf;
	hidden_count++;
}

bool pci_is_hidden(uint32_t sbdf)
{
	for (unsigned int i = 0; i < hidden_count; i++) {
		if (hidden[i] == sbdf) {
			return true;
		}
	}
	return false;
}
