/* SPDX-License-Identifier: MIT */
/* PCI configuration space of segment 0, by ports, and QEMU's `edu` device. */
#include "lib/pci.h"

#include "lib/cpu.h"
#include "lib/memory.h"

/* Where nothing else is when the firmware gave the device no place. */
#define EDU_PLACE 0xfea00000u

uint32_t pci_read(unsigned device, unsigned reg)
{
	out32(0xcf8, pci_address(device, 0, reg));
	return in32(0xcfc);
}

void pci_write(unsigned device, unsigned reg, uint32_t value)
{
	out32(0xcf8, pci_address(device, 0, reg));
	out32(0xcfc, value);
}

int pci_find(uint32_t ids)
{
	for (unsigned device = 0; device < 32; device++) {
		if (pci_read(device, 0) == ids) {
			return (int)device;
		}
	}
	return -1;
}

unsigned pci_capability(unsigned device, unsigned id)
{
	unsigned reg = pci_read(device, PCI_CAPABILITIES) & 0xfc;

	for (unsigned i = 0; reg != 0 && i < 48; i++) {
		uint32_t word = pci_read(device, reg);

		if ((word & 0xff) == id) {
			return reg;
		}
		reg = word >> 8 & 0xfc;
	}
	return 0;
}

volatile uint32_t *edu_find(unsigned *device)
{
	int found = pci_find(EDU_IDS);
	uint32_t bar;

	if (found < 0) {
		return NULL;
	}
	*device = (unsigned)found;
	bar = pci_read(*device, PCI_BAR0) & ~0xfu;
	if (bar == 0) {
		bar = EDU_PLACE;
		pci_write(*device, PCI_BAR0, bar);
	}
	/* Memory and bus master. */
	pci_write(*device, PCI_COMMAND, pci_read(*device, PCI_COMMAND) | 6);
	page_map(bar, bar, PTE_RWX | PTE_UNCACHED);
	return (volatile uint32_t *)(uintptr_t)bar;
}
