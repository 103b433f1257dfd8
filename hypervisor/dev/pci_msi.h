/* SPDX-License-Identifier: MIT */
/* MSI and MSI-X registers of physical functions (PCI 3.0 6.8). */
#pragma once

#include "dev/pci.h"

#define PCI_MSI_ENABLE        0x1u    /* in MSI message control */
#define PCI_MSI_MULTIPLE      0x7eu   /* how many messages: can, may */
#define PCI_MSIX_ENABLE       0x8000u /* in MSI-X message control */
#define PCI_MSIX_MASK_ALL     0x4000u

#define PCI_MSIX_ENTRY_SIZE   16u
#define PCI_MSIX_ADDRESS      0u /* offsets in an entry */
#define PCI_MSIX_ADDRESS_HIGH 4u
#define PCI_MSIX_DATA         8u
#define PCI_MSIX_CONTROL      12u
#define PCI_MSIX_MASKED       0x1u

struct pci_msi_message {
	uint64_t address;
	uint32_t data;
};

/* Edge, fixed delivery, to one physical APIC id below 255. */
struct pci_msi_message pci_msi_message(uint32_t apic_id, uint8_t vector);

/* Registers of the MSI capability that move with its kind. */
uint16_t pci_msi_data_offset(const struct pci_function *f);
uint16_t pci_msi_mask_offset(const struct pci_function *f); /* maskable */

/* The function's MSI is disabled or masked: two registers are written. */
void pci_msi_write(const struct pci_function *f,
		   const struct pci_msi_message *m);

/* Entry of a mapped MSI-X table: masks it, or gives it a message. */
void pci_msix_mask(volatile uint8_t *entry);
void pci_msix_write(volatile uint8_t *entry, const struct pci_msi_message *m);
