/* SPDX-License-Identifier: MIT */
/*
 * Configuration access: ports for the first 256 bytes of segment 0, since every
 * machine gets that right, memory for the rest (PCI 3.0 3.2.2.3.2; PCI firmware
 * specification 3.3 4.1).
 *
 * The port pair is shared by all pCPUs, hence the lock.
 */
#include "dev/pci.h"

#include "arch/x86/hooks.h"
#include "arch/x86/spinlock.h"
#include "dev/acpi_devices.h"
#include "mm/vmap.h"

#define PORT_ADDRESS      0xcf8
#define PORT_DATA         0xcfc
#define ADDRESS_ENABLE    0x80000000u

#define CAPABILITY_MSI    0x05u
#define CAPABILITY_EXP    0x10u
#define CAPABILITY_MSIX   0x11u
#define CAPABILITIES_MAX  48u /* more would not fit: the list is a loop */

#define MSI_CONTROL_64    0x80u
#define MSIX_CONTROL_SIZE 0x7ffu

#define BAR_IO            0x1u
#define BAR_TYPE_MASK     0x6u
#define BAR_TYPE_64       0x4u
#define BAR_FLAGS         UINT64_C(0xf)

static struct spinlock port_lock = SPINLOCK_INIT(LOCK_DEVICE);
static volatile uint8_t *memory[ACPI_MAX_MCFG]; /* (o) parallel to acpi_mcfg */

void pci_init(void)
{
	for (unsigned int i = 0; i < acpi_mcfg_count; i++) {
		const struct acpi_mcfg *m = &acpi_mcfg[i];

		memory[i] = mm_map_device(m->base,
					  m->count * (size_t)PCI_EXTENDED_SIZE);
	}
}

/* A place in configuration space in memory, or NULL. */
static volatile uint8_t *memory_config(uint32_t sbdf, uint16_t offset)
{
	for (unsigned int i = 0; i < acpi_mcfg_count; i++) {
		const uint32_t at = sbdf - acpi_mcfg[i].first;

		if (memory[i] != NULL && at < acpi_mcfg[i].count) {
			return memory[i] + at * (size_t)PCI_EXTENDED_SIZE +
			       offset;
		}
	}
	return NULL;
}

uint32_t pci_port_read(uint16_t port, unsigned int size)
{
	switch (size) {
	case 1:
		return inb(port);
	case 2:
		return inw(port);
	default:
		return inl(port);
	}
}

void pci_port_write(uint16_t port, unsigned int size, uint32_t value)
{
	switch (size) {
	case 1:
		outb(port, (uint8_t)value);
		break;
	case 2:
		outw(port, (uint16_t)value);
		break;
	default:
		outl(port, value);
		break;
	}
}

uint64_t pci_memory_read(const volatile void *p, unsigned int size)
{
	switch (size) {
	case 1:
		return *(const volatile uint8_t *)p;
	case 2:
		return *(const volatile uint16_t *)p;
	case 4:
		return *(const volatile uint32_t *)p;
	default:
		return *(const volatile uint64_t *)p;
	}
}

void pci_memory_write(volatile void *p, unsigned int size, uint64_t value)
{
	switch (size) {
	case 1:
		*(volatile uint8_t *)p = (uint8_t)value;
		break;
	case 2:
		*(volatile uint16_t *)p = (uint16_t)value;
		break;
	case 4:
		*(volatile uint32_t *)p = (uint32_t)value;
		break;
	default:
		*(volatile uint64_t *)p = value;
		break;
	}
}

/* Chooses the dword and gives the port of the byte in it. */
static uint16_t select_locked(uint32_t sbdf, uint16_t offset)
{
	outl(PORT_ADDRESS, ADDRESS_ENABLE | sbdf << 8 | (offset & 0xfcu));
	return (uint16_t)(PORT_DATA + (offset & 3));
}

uint32_t pci_read(uint32_t sbdf, uint16_t offset, unsigned int size)
{
	const volatile void *p;
	uint32_t value;

	assert(offset % size == 0 && offset + size <= PCI_EXTENDED_SIZE);
	if (sbdf >> 16 != 0 || offset >= PCI_CONFIG_SIZE) {
		p = memory_config(sbdf, offset);
		return p == NULL ? UINT32_MAX
				 : (uint32_t)pci_memory_read(p, size);
	}
	spin_lock(&port_lock);
	(void)select_locked(sbdf, offset);
	value = inl(PORT_DATA) >> (8 * (offset & 3));
	spin_unlock(&port_lock);
	return value & UINT32_MAX >> (32 - 8 * size);
}

void pci_write(uint32_t sbdf, uint16_t offset, unsigned int size,
	       uint32_t value)
{
	volatile void *p;

	assert(offset % size == 0 && offset + size <= PCI_EXTENDED_SIZE);
	if (sbdf >> 16 != 0 || offset >= PCI_CONFIG_SIZE) {
		p = memory_config(sbdf, offset);
		if (p != NULL) {
			pci_memory_write(p, size, value);
		}
		return;
	}
	spin_lock(&port_lock);
	pci_port_write(select_locked(sbdf, offset), size, value);
	spin_unlock(&port_lock);
}

static void msix_probe(struct pci_function *f, uint8_t at)
{
	const uint32_t table = pci_read(f->sbdf, at + 4, 4);

	f->msix = at;
	f->msix_count =
		(uint16_t)((pci_read(f->sbdf, at + 2, 2) & MSIX_CONTROL_SIZE) +
			   1);
	f->msix_bar = table & 7;
	f->msix_offset = table & ~7u;
}

/* Only the first of each kind counts; a list that loops ends all the same. */
static void capabilities_probe(struct pci_function *f)
{
	uint8_t at = (uint8_t)pci_read(f->sbdf, PCI_CAPABILITIES, 1) & 0xfc;

	for (unsigned int i = 0; i < CAPABILITIES_MAX && at >= 0x40; i++) {
		const uint32_t head = pci_read(f->sbdf, at, 4);

		if ((head & 0xff) == CAPABILITY_MSI && f->msi == 0) {
			f->msi = at;
			f->msi_data = (uint16_t)(at + ((head >> 16 &
							MSI_CONTROL_64) != 0
							       ? 12
							       : 8));
		}
		f->express |= (head & 0xff) == CAPABILITY_EXP;
		if ((head & 0xff) == CAPABILITY_MSIX && f->msix == 0) {
			msix_probe(f, at);
		}
		at = head >> 8 & 0xfc;
	}
}

bool pci_probe(uint32_t sbdf, struct pci_function *out)
{
	static const uint8_t bars[] = { 6, 2 };
	const uint32_t id = pci_read(sbdf, PCI_ID, 4);
	uint32_t type;

	if ((id & 0xffff) == 0xffff) {
		return false;
	}
	*out = (struct pci_function){ .sbdf = sbdf, .id = id };
	type = pci_read(sbdf, PCI_HEADER_TYPE, 1) & 0x7f;
	/* A CardBus bridge (type 2) has its list elsewhere, and no MSI. */
	if (type >= ARRAY_SIZE(bars)) {
		return true;
	}
	out->bar_count = bars[type];
	if ((pci_read(sbdf, PCI_STATUS, 2) & PCI_STATUS_CAPABILITIES) != 0) {
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

bool pci_is_hidden(uint32_t sbdf)
{
	for (unsigned int i = 0; i < acpi_iommu_count; i++) {
		if (acpi_iommus[i].sbdf == sbdf) {
			return true;
		}
	}
	return false;
}
