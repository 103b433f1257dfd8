/* SPDX-License-Identifier: MIT */
/* See pci_machine.h. */
#include "pci_machine.h"
#include "arch/x86/asm.h"
#include "arch/x86/hooks.h"
#include "dev/pci.h"
#include "mm/vmap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MAX_FUNCTIONS 8

static struct pci_machine_function functions[MAX_FUNCTIONS];
static unsigned int function_count;
static uint32_t address;
static uint8_t memory[PCI_MACHINE_MEMORY] __attribute__((aligned(4096)));

static struct pci_machine_function *selected(void)
{
	for (unsigned int i = 0; i < function_count; i++) {
		if ((address & 0x80000000) != 0 && !functions[i].gone &&
		    functions[i].sbdf == (address >> 8 & 0xffff)) {
			return &functions[i];
		}
	}
	return NULL;
}

static uint32_t port_in(uint16_t port, unsigned int bytes)
{
	const struct pci_machine_function *f = selected();
	uint32_t value = UINT32_MAX;

	if (port >= 0xcfc && port + bytes <= 0xd00 && f != NULL) {
		memcpy(&value, f->config + (address & 0xfc) + (port & 3),
		       bytes);
	}
	return value;
}

uint32_t pci_machine_get(const struct pci_machine_function *f, uint16_t reg)
{
	uint32_t value;

	memcpy(&value, f->config + reg, sizeof(value));
	return value;
}

static void set(struct pci_machine_function *f, uint16_t reg, uint32_t value)
{
	memcpy(f->config + reg, &value, sizeof(value));
}

/* Bits of the register that a write changes. */
static uint32_t writable(const struct pci_machine_function *f, uint16_t reg)
{
	const unsigned int bar = (reg - 0x10u) / 4;

	if (reg == PCI_COMMAND) {
		return 0xffff;
	}
	if (reg >= 0x10 && reg < 0x28) {
		return bar > 0 && (f->bars[bar - 1].flags & 4) != 0
			       ? UINT32_MAX
			       : -f->bars[bar].size;
	}
	if (f->msi != 0 && reg == f->msi) {
		return 0x71u << 16;
	}
	if (f->msi != 0 && reg > f->msi && reg < f->msi + 24) {
		return UINT32_MAX;
	}
	if (f->msix != 0 && reg == f->msix) {
		return 0xc000u << 16;
	}
	return 0;
}

static void port_out(uint16_t port, unsigned int bytes, uint32_t value)
{
	struct pci_machine_function *f = selected();

	if (port == 0xcf8 && bytes == 4) {
		address = value;
		return;
	}
	if (port < 0xcfc || port + bytes > 0xd00 || f == NULL) {
		return;
	}

	const uint16_t reg = address & 0xfc;
	const uint32_t mask = writable(f, reg);
	uint32_t old = pci_machine_get(f, reg);
	uint32_t merged = old;

	memcpy((uint8_t *)&merged + (port & 3), &value, bytes);
	set(f, reg, (old & ~mask) | (merged & mask));
}

void pci_machine_reset(void)
{
	memset(functions, 0, sizeof(functions));
	/* Zeroes it without touching what was not used. */
	madvise(memory, sizeof(memory), MADV_DONTNEED);
	function_count = 0;
	address = 0;
	fake_port_in = port_in;
	fake_port_out = port_out;
}

struct pci_machine_function *pci_machine_add(uint32_t sbdf, uint32_t id)
{
	struct pci_machine_function *f = &functions[function_count];

	if (function_count == MAX_FUNCTIONS) {
		panic("too many functions\n");
	}
	function_count++;
	f->sbdf = sbdf;
	set(f, PCI_ID, id);
	return f;
}

static void capability(struct pci_machine_function *f, uint8_t at, uint8_t id)
{
	f->config[PCI_STATUS] |= PCI_STATUS_CAPABILITIES;
	f->config[at] = id;
	f->config[at + 1] = f->config[PCI_CAPABILITIES];
	f->config[PCI_CAPABILITIES] = at;
}

void pci_machine_add_msi(struct pci_machine_function *f, uint8_t at,
			 uint16_t control)
{
	capability(f, at, 5);
	memcpy(f->config + at + 2, &control, sizeof(control));
	f->msi = at;
}

void pci_machine_add_msix(struct pci_machine_function *f, uint8_t at,
			  unsigned int entries, uint8_t bar, uint32_t table)
{
	const uint16_t control = (uint16_t)(entries - 1);

	capability(f, at, 0x11);
	memcpy(f->config + at + 2, &control, sizeof(control));
	set(f, at + 4, table | bar);
	f->msix = at;
}

void pci_machine_set_bar(struct pci_machine_function *f, unsigned int bar,
			 uint32_t size, uint32_t flags, uint32_t where)
{
	f->bars[bar].size = size;
	f->bars[bar].flags = flags;
	set(f, PCI_BAR(bar), where | flags);
}

void *pci_machine_memory(uint64_t where)
{
	return memory + where;
}

void *mm_map_device(maddr_t base, size_t len)
{
	return range_ok(base.v, len, sizeof(memory)) ? memory + base.v : NULL;
}
