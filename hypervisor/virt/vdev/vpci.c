/* SPDX-License-Identifier: MIT */
/*
 * Virtual PCI of the service VM: how configuration space is reached, by ports
 * and by memory. What is in it is vpci_config.c's.
 */
#include "virt/vdev/vpci.h"

#include "abi/abi.h"
#include "arch/x86/asm.h"
#include "domain/domain.h"
#include "virt/vdev/machine.h"
#include "virt/vdev/mmio.h"
#include "virt/vdev/pio.h"
#include "virt/vdev/vpci_config.h"

#define PORTS_FIRST    0xcf8
#define PORTS_COUNT    8
#define PORT_RESET     0xcf9 /* the chipset's, in the middle of the address */
#define RESET_NOW      0x04u /* in the reset port: its rising edge resets */
#define ADDRESS_ENABLE 0x80000000u

/* Largest piece of an access that configuration space takes at once. */
static unsigned int piece_size(uint64_t offset, unsigned int size)
{
	if (offset % size != 0) {
		return 1;
	}
	return size > 4 ? 4 : size;
}

static uint64_t memory_read(void *context, struct vcpu *v, uint64_t offset,
			    unsigned int size)
{
	const struct vpci_range *r = context;
	const unsigned int piece = piece_size(offset, size);
	uint64_t value = 0;

	(void)v;
	for (unsigned int done = 0; done < size; done += piece) {
		const uint64_t at =
			offset + done + ((uint64_t)r->mcfg->first_bus << 20);
		const uint32_t sbdf =
			(uint32_t)r->mcfg->segment << 16 | (uint32_t)(at >> 12);

		value |= (uint64_t)vpci_config_read(r->pci, sbdf, at & 0xfff,
						    piece)
			 << (8 * done);
	}
	return value;
}

static void memory_write(void *context, struct vcpu *v, uint64_t offset,
			 unsigned int size, uint64_t value)
{
	const struct vpci_range *r = context;
	const unsigned int piece = piece_size(offset, size);

	(void)v;
	for (unsigned int done = 0; done < size; done += piece) {
		const uint64_t at =
			offset + done + ((uint64_t)r->mcfg->first_bus << 20);
		const uint32_t sbdf =
			(uint32_t)r->mcfg->segment << 16 | (uint32_t)(at >> 12);

		vpci_config_write(r->pci, sbdf, at & 0xfff, piece,
				  (uint32_t)(value >> (8 * done)));
	}
}

static const struct claim_ops memory_ops = {
	.read = memory_read,
	.write = memory_write,
};

/* PCI 3.0 3.2.2.3.2: only a whole dword reaches the address register; other
 * accesses there are for other devices. */
static uint32_t address_port_read(const struct vpci *p, uint64_t offset,
				  unsigned int size)
{
	if (offset == 0 && size == 4) {
		return __atomic_load_n(&p->address, __ATOMIC_RELAXED);
	}
	if (offset == PORT_RESET - PORTS_FIRST && size == 1) {
		return inb(PORT_RESET);
	}
	return UINT32_MAX;
}

/* The write that would reset the machine ends the domain instead. */
static void reset_port_write(struct domain *d, uint8_t value)
{
	if ((value & RESET_NOW) != 0) {
		domain_shutdown(d, SHUTDOWN_reboot);
		return;
	}
	outb(PORT_RESET, value);
}

static void address_port_write(struct vpci *p, uint64_t offset,
			       unsigned int size, uint32_t value)
{
	if (offset == 0 && size == 4) {
		/* Pairs with the loads of this file; vCPUs that share the
		 * port pair lock it themselves. */
		__atomic_store_n(&p->address, value, __ATOMIC_RELAXED);
	} else if (offset == PORT_RESET - PORTS_FIRST && size == 1) {
		reset_port_write(p->domain, (uint8_t)value);
	}
}

static uint64_t port_read(void *context, struct vcpu *v, uint64_t offset,
			  unsigned int size)
{
	struct vpci *p = context;
	const uint32_t address = __atomic_load_n(&p->address, __ATOMIC_RELAXED);
	const unsigned int piece = piece_size(offset, size);
	uint64_t value = 0;

	(void)v;
	if (offset < 4) {
		return address_port_read(p, offset, size);
	}
	if ((address & ADDRESS_ENABLE) == 0) {
		return UINT32_MAX;
	}
	for (unsigned int done = 0; done < size; done += piece) {
		const uint16_t reg =
			(uint16_t)((address & 0xfc) + offset - 4 + done);

		value |= (uint64_t)vpci_config_read(p, address >> 8 & 0xffff,
						    reg, piece)
			 << (8 * done);
	}
	return value;
}

static void port_write(void *context, struct vcpu *v, uint64_t offset,
		       unsigned int size, uint64_t value)
{
	struct vpci *p = context;
	const uint32_t address = __atomic_load_n(&p->address, __ATOMIC_RELAXED);
	const unsigned int piece = piece_size(offset, size);

	(void)v;
	if (offset < 4) {
		address_port_write(p, offset, size, (uint32_t)value);
		return;
	}
	if ((address & ADDRESS_ENABLE) == 0) {
		return;
	}
	for (unsigned int done = 0; done < size; done += piece) {
		const uint16_t reg =
			(uint16_t)((address & 0xfc) + offset - 4 + done);

		vpci_config_write(p, address >> 8 & 0xffff, reg, piece,
				  (uint32_t)(value >> (8 * done)));
	}
}

static const struct claim_ops port_ops = {
	.read = port_read,
	.write = port_write,
};

static int range_claim(struct vpci *p, unsigned int i)
{
	const struct acpi_mcfg *m = &acpi_mcfg[i];
	const uint64_t start = m->base.v + ((uint64_t)m->first_bus << 20);
	const uint64_t length = (m->last_bus - m->first_bus + UINT64_C(1))
				<< 20;

	p->ranges[i].pci = p;
	p->ranges[i].mcfg = m;
	return mmio_add(p->domain, gaddr(start), length, &memory_ops,
			&p->ranges[i]);
}

static int claim_all(struct vpci *p)
{
	int error = pio_add(p->domain, PORTS_FIRST, PORTS_COUNT, &port_ops, p);

	for (unsigned int i = 0; error == 0 && i < acpi_mcfg_count; i++) {
		error = range_claim(p, i);
	}
	return error;
}

int vpci_create(struct domain *d)
{
	struct vpci *p = domain_alloc(d, sizeof(*p));
	int error;

	if (p == NULL) {
		return -XEN_ENOMEM;
	}
	vpci_config_init(p, d);
	d->machine->pci = p;
	error = claim_all(p);
	if (error != 0) {
		vpci_destroy(d);
		return error;
	}
	vpci_config_scan(p);
	return 0;
}

void vpci_destroy(struct domain *d)
{
	struct vpci *p = d->machine == NULL ? NULL : d->machine->pci;

	if (p == NULL) {
		return;
	}
	vpci_config_forget_all(p);
	pio_remove(d, PORTS_FIRST);
	for (unsigned int i = 0; i < acpi_mcfg_count; i++) {
		if (p->ranges[i].pci != NULL) {
			mmio_remove(d, gaddr(acpi_mcfg[i].base.v +
					     ((uint64_t)acpi_mcfg[i].first_bus
					      << 20)));
		}
	}
	d->machine->pci = NULL;
	domain_free(d, p, sizeof(*p));
}

void vpci_reset(struct domain *d)
{
	struct vpci *p = d->machine->pci;

	if (p == NULL) {
		return;
	}
	vpci_config_forget_all(p);
	p->address = 0;
	vpci_config_scan(p);
}
