/* SPDX-License-Identifier: MIT */
/*
 * PCI functions behind ports 0xcf8 and 0xcfc, with BARs that can be sized and
 * capabilities of which only the right bits can be written; and device memory:
 * mm_map_device() of anything below 16 MiB gives a piece of one array.
 */
#pragma once

#include "lib/types.h"

#define PCI_MACHINE_MEMORY MIB(16)

struct pci_machine_bar {
	uint32_t size; /* 0: no such BAR, or the upper half of the one before */
	uint32_t flags; /* its read-only bits */
};

struct pci_machine_function {
	uint32_t sbdf;
	bool gone;
	uint8_t msi;  /* offset of its capability, 0 = none */
	uint8_t msix; /* offset of its capability, 0 = none */
	struct pci_machine_bar bars[6];
	uint8_t config[256];
};

/* No functions, memory all zero, ports connected. */
void pci_machine_reset(void);
struct pci_machine_function *pci_machine_add(uint32_t sbdf, uint32_t id);
/* Capabilities, in any order; the list is kept. */
void pci_machine_add_msi(struct pci_machine_function *f, uint8_t at,
			 uint16_t control);
void pci_machine_add_msix(struct pci_machine_function *f, uint8_t at,
			  unsigned int entries, uint8_t bar, uint32_t table);
void pci_machine_set_bar(struct pci_machine_function *f, unsigned int bar,
			 uint32_t size, uint32_t flags, uint32_t address);
/* A register as the device has it. */
uint32_t pci_machine_get(const struct pci_machine_function *f, uint16_t reg);
void *pci_machine_memory(uint64_t address);
