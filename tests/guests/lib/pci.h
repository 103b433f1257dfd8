/* SPDX-License-Identifier: MIT */
/* PCI configuration space of segment 0, by ports, and QEMU's `edu` device. */
#pragma once

#include "lib/abi.h"

#define PCI_COMMAND      0x04
#define PCI_BAR0         0x10
#define PCI_CAPABILITIES 0x34
#define PCI_NONE         0xffffffffu

/* The address register's value for a function of bus 0. */
static inline uint32_t pci_address(unsigned device, unsigned function,
				   unsigned reg)
{
	return 1u << 31 | device << 11 | function << 8 | (reg & 0xfc);
}

uint32_t pci_read(unsigned device, unsigned reg);
void pci_write(unsigned device, unsigned reg, uint32_t value);

/* The device number on bus 0 with these ids (function 0), or -1. */
int pci_find(uint32_t ids);

/* The register of the capability `id`; 0: none. */
unsigned pci_capability(unsigned device, unsigned id);

/*
 * QEMU's teaching device: raises its interrupt when told (add the argument
 * `-device edu`). NULL: the machine has none.
 */
#define EDU_IDS       0x11e81234u
#define EDU_ID        0x00
#define EDU_INVERT    0x04
#define EDU_FACTORIAL 0x08
#define EDU_INTERRUPT 0x24
#define EDU_RAISE     0x60
#define EDU_LOWER     0x64

volatile uint32_t *edu_find(unsigned *device);
