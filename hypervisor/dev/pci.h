/* SPDX-License-Identifier: MIT */
/*
 * PCI configuration space of the machine, and which functions the hypervisor
 * keeps for itself.
 *
 * A function is named by segment << 16 | bus << 8 | device << 3 | function.
 */
#pragma once

#include "lib/types.h"

#define PCI_CONFIG_SIZE         256u
#define PCI_EXTENDED_SIZE       4096u

#define PCI_ID                  0x00
#define PCI_COMMAND             0x04
#define PCI_COMMAND_MEMORY      0x2u
#define PCI_STATUS              0x06
#define PCI_STATUS_CAPABILITIES 0x10u
#define PCI_HEADER_TYPE         0x0e
#define PCI_BAR(n)              ((uint16_t)(0x10 + 4 * (n)))
#define PCI_CAPABILITIES        0x34

struct pci_function {
	uint32_t sbdf;
	uint32_t id; /* vendor, device << 16 */
	uint8_t bar_count;
	bool express;      /* it has PCI Express's capability */
	uint8_t msi;       /* offset of the MSI capability, 0 = none */
	uint8_t msix;      /* offset of the MSI-X capability, 0 = none */
	uint8_t msix_bar;  /* BAR that holds the MSI-X table ... */
	uint16_t msi_data; /* MSI: offset of the data, behind the address */
	uint16_t msix_count;
	uint32_t msix_offset; /* ... from here on */
};

/* Maps the configuration space that is in memory. After acpi_devices_init(). */
void pci_init(void);

/*
 * `size` is 1, 2 or 4 and `offset` a multiple of it. What is not there reads
 * all ones and takes writes in silence. Any lock may be held.
 */
uint32_t pci_read(uint32_t sbdf, uint16_t offset, unsigned int size);
void pci_write(uint32_t sbdf, uint16_t offset, unsigned int size,
	       uint32_t value);

/* An access of 1, 2 or 4 bytes to a port. */
uint32_t pci_port_read(uint16_t port, unsigned int size);
void pci_port_write(uint16_t port, unsigned int size, uint32_t value);
/* An access of 1, 2, 4 or 8 bytes to a device's mapped registers. */
uint64_t pci_memory_read(const volatile void *p, unsigned int size);
void pci_memory_write(volatile void *p, unsigned int size, uint64_t value);

/* Reads what a function is; false when there is none. */
bool pci_probe(uint32_t sbdf, struct pci_function *out);

/* Address in a memory BAR as it is now; 0 when the BAR is unused, in port
 * space, or not a BAR of this function. */
uint64_t pci_bar_address(const struct pci_function *f, unsigned int bar);

/* The hypervisor's own functions (IOMMUs): nobody else sees them. */
bool pci_is_hidden(uint32_t sbdf);
