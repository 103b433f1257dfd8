/* SPDX-License-Identifier: MIT */
/* MSI and MSI-X programming. Callers hold the lock of their function. */
#include "dev/pci_msi.h"

#include "arch/x86/asm.h"
#include "arch/x86/hooks.h"

/* SDM 3A 11.11.1 (AMD APM 2 16.11): where messages become interrupts. */
#define MESSAGE_BASE       UINT64_C(0xfee00000)
#define MESSAGE_DEST_SHIFT 12

struct pci_msi_message pci_msi_message(uint32_t apic_id, uint8_t vector)
{
	assert(apic_id < 0xff);
	return (struct pci_msi_message){
		.address = MESSAGE_BASE | (uint64_t)apic_id
						  << MESSAGE_DEST_SHIFT,
		.data = vector,
	};
}

uint16_t pci_msi_data_offset(const struct pci_function *f)
{
	return (uint16_t)(f->msi + (f->msi_64 ? 0xc : 0x8));
}

uint16_t pci_msi_mask_offset(const struct pci_function *f)
{
	return (uint16_t)(pci_msi_data_offset(f) + 4);
}

void pci_msi_write(const struct pci_function *f,
		   const struct pci_msi_message *m)
{
	pci_write(f->sbdf, f->msi + 4, 4, (uint32_t)m->address);
	if (f->msi_64) {
		pci_write(f->sbdf, f->msi + 8, 4, (uint32_t)(m->address >> 32));
	}
	pci_write(f->sbdf, pci_msi_data_offset(f), 2, m->data);
}

void pci_msix_mask(volatile uint8_t *entry)
{
	mmio_write32(entry + PCI_MSIX_CONTROL, PCI_MSIX_MASKED);
	/* The read pushes the write out: no message after return. */
	(void)mmio_read32(entry + PCI_MSIX_CONTROL);
}

/* PCI 3.0 6.8.2.9: an entry changes only while it is masked. */
void pci_msix_write(volatile uint8_t *entry, const struct pci_msi_message *m)
{
	if (mmio_read32(entry + PCI_MSIX_ADDRESS) != (uint32_t)m->address ||
	    mmio_read32(entry + PCI_MSIX_ADDRESS_HIGH) !=
		    (uint32_t)(m->address >> 32) ||
	    mmio_read32(entry + PCI_MSIX_DATA) != m->data) {
		pci_msix_mask(entry);
		mmio_write32(entry + PCI_MSIX_ADDRESS, (uint32_t)m->address);
		mmio_write32(entry + PCI_MSIX_ADDRESS_HIGH,
			     (uint32_t)(m->address >> 32));
		mmio_write32(entry + PCI_MSIX_DATA, m->data);
	}
	mmio_write32(entry + PCI_MSIX_CONTROL, 0);
}
