/* SPDX-License-Identifier: MIT */
/* PCI configuration space of segment 0, by ports, and QEMU's `edu` device. */
#include "lib/pci.h"

#include "lib/clock.h"
#include "lib/cpu.h"
#include "lib/memory.h"
#include "lib/test.h"

/* Where nothing else is when the firmware gave the device no place. */
#define EDU_PLACE      0xfea00000u
#define TRANSFER_LIMIT (5 * SECOND)

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

int pci_find(uint32_t ids, unsigned from)
{
	for (unsigned device = from; device < 32; device++) {
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

void pci_set_msi(unsigned device, uint32_t apic_id, unsigned vector,
		 bool enable)
{
	unsigned reg = pci_capability(device, CAPABILITY_MSI);
	uint32_t control = pci_read(device, reg);
	bool wide = (control & BIT(23)) != 0;

	pci_write(device, reg + 4, 0xfee00000 | apic_id << 12);
	if (wide) {
		pci_write(device, reg + 8, 0);
	}
	pci_write(device, reg + (wide ? 12 : 8), vector);
	pci_write(device, reg, (control & ~BIT(16)) | (uint32_t)enable << 16);
}

void edu_transfer(volatile uint32_t *edu, uint64_t from, uint64_t to,
		  unsigned length, unsigned how)
{
	volatile uint64_t *registers = (volatile uint64_t *)edu;
	uint64_t end = clock_now() + TRANSFER_LIMIT;

	registers[EDU_SOURCE / 8] = from;
	registers[EDU_TARGET / 8] = to;
	registers[EDU_COUNT / 8] = length;
	registers[EDU_START / 8] = how;
	while ((registers[EDU_START / 8] & 1) != 0) {
		if (clock_now() > end) {
			test_abort("the device does not get done");
		}
	}
}

volatile uint32_t *edu_find(unsigned from, unsigned *device)
{
	int found = pci_find(EDU_IDS, from);
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
