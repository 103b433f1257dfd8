/* SPDX-License-Identifier: MIT */
/* PCI configuration space of segment 0, by ports, and QEMU's `edu` device. */
#pragma once

#include "lib/abi.h"

#define PCI_COMMAND      0x04
#define PCI_BAR0         0x10
#define PCI_CAPABILITIES 0x34
#define PCI_NONE         0xffffffffu
#define CAPABILITY_MSI   5

/* The address register's value for a function of bus 0. */
static inline uint32_t pci_address(unsigned device, unsigned function,
				   unsigned reg)
{
	return 1u << 31 | device << 11 | function << 8 | (reg & 0xfc);
}

uint32_t pci_read(unsigned device, unsigned reg);
void pci_write(unsigned device, unsigned reg, uint32_t value);

/* The first device on bus 0 with these ids (function 0), from that number on,
 * or -1. */
int pci_find(uint32_t ids, unsigned from);

/* One message to this CPU, or none. */
void pci_set_msi(unsigned device, uint32_t apic_id, unsigned vector,
		 bool enable);

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

/* Transfers between memory and the device's own, by the device. */
#define EDU_BUFFER 0x40000
#define EDU_SOURCE 0x80
#define EDU_TARGET 0x88
#define EDU_COUNT  0x90
#define EDU_START  0x98
#define EDU_TAKE   1u /* from memory */
#define EDU_PUT    3u

/* The first one from that device number on. */
volatile uint32_t *edu_find(unsigned from, unsigned *device);
/* Ends the run when the device does not get done. */
void edu_transfer(volatile uint32_t *edu, uint64_t from, uint64_t to,
		  unsigned length, unsigned how);
