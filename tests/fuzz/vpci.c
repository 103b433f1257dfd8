/* SPDX-License-Identifier: MIT */
/*
 * Any sequence of accesses to configuration space and MSI-X pages: no assertion
 * fails, no lock stays held, and every vector comes back. Twelve bytes of input
 * are one access: what, size, where, value.
 */
#include <stdlib.h>
#include <string.h>

#include "abi/abi.h"
#include "core/irq.h"
#include "dev/acpi_devices.h"
#include "dev/pci.h"
#include "domain/physmap.h"
#include "domain/vcpu.h"
#include "fake/fake.h"
#include "fake/iommu.h"
#include "fake/pci_machine.h"
#include "virt/vdev/machine.h"
#include "virt/vdev/vlapic.h"

#define DEVICE 0x08u
#define CLAIMS 16
#define MCFG   UINT64_C(0x400000)

struct acpi_mcfg acpi_mcfg[ACPI_MAX_MCFG] = {
	{ .base = { MCFG }, .count = 256 },
};
unsigned int acpi_mcfg_count = 1;
struct acpi_iommu acpi_iommus[ACPI_MAX_IOMMUS];
unsigned int acpi_iommu_count;

static struct claim claims[CLAIMS];
static struct vmachine machine;
static unsigned int vectors;
static bool used[FAKE_CPUS][256];

int irq_vector_alloc(unsigned int cpu, irq_handler_t handler, void *context)
{
	(void)handler;
	(void)context;
	for (int v = 0x30; v < 0x34; v++) {
		if (!used[cpu][v]) {
			used[cpu][v] = true;
			vectors++;
			return v;
		}
	}
	return -XEN_ENOSPC;
}

void irq_vector_free(unsigned int cpu, unsigned int vector)
{
	if (!used[cpu][vector]) {
		abort();
	}
	used[cpu][vector] = false;
	vectors--;
}

void irq_eoi(void)
{
}

unsigned int irq_guest_cpu(const struct vcpu *v)
{
	return v == NULL ? 0 : v->id;
}

struct vlapic_message vlapic_msi_message(uint64_t address, uint32_t data)
{
	return (struct vlapic_message){ .dest = address >> 12 & 0xff,
					.logical = (address & 4) != 0,
					.vector = (uint8_t)data };
}

unsigned int vlapic_deliver(struct domain *d, const struct vlapic_message *m)
{
	(void)d;
	(void)m;
	return 0;
}

bool identity_allows(maddr_t a)
{
	return a.v < PCI_MACHINE_MEMORY;
}

static int claim(uint64_t start, uint64_t length, const struct claim_ops *ops,
		 void *context)
{
	for (unsigned int i = 0; i < CLAIMS; i++) {
		const struct claim *c = &claims[i];

		if (c->ops != NULL && start < c->end &&
		    c->start < start + length) {
			return -XEN_EEXIST;
		}
	}
	for (unsigned int i = 0; i < CLAIMS; i++) {
		if (claims[i].ops == NULL) {
			claims[i] = (struct claim){ start, start + length, ops,
						    context };
			return 0;
		}
	}
	return -XEN_ENOMEM;
}

static void unclaim(uint64_t start)
{
	for (unsigned int i = 0; i < CLAIMS; i++) {
		if (claims[i].ops != NULL && claims[i].start == start) {
			claims[i].ops = NULL;
		}
	}
}

int mmio_add(struct domain *d, gaddr_t start, uint64_t length,
	     const struct claim_ops *ops, void *context)
{
	(void)d;
	return claim(start.v, length, ops, context);
}

void mmio_remove(struct domain *d, gaddr_t start)
{
	(void)d;
	unclaim(start.v);
}

/* Ports are far below any memory that is claimed. */
int pio_add(struct domain *d, uint16_t port, uint32_t count,
	    const struct claim_ops *ops, void *context)
{
	(void)d;
	return claim(port, count, ops, context);
}

static void step(struct domain *d, const uint8_t *in)
{
	const struct claim *c = &claims[(in[0] >> 1) % CLAIMS];
	const unsigned int size = 1u << (in[1] & 3);
	uint64_t offset = (uint64_t)in[2] | (uint64_t)in[3] << 8;
	uint64_t value;

	memcpy(&value, in + 4, sizeof(value));
	if (c->ops == NULL) {
		return;
	}
	offset %= c->end - c->start;
	if (offset + size > c->end - c->start ||
	    (size == 8 && c->start < PAGE_SIZE)) {
		return;
	}
	if ((in[0] & 1) != 0) {
		c->ops->write(c->context, d->vcpus[0], offset, size, value);
	} else {
		(void)c->ops->read(c->context, d->vcpus[0], offset, size);
	}
	if (fake_locks_held() != 0) {
		abort();
	}
}

static struct domain *start(struct pci_machine_function **f)
{
	struct domain *d;

	fake_reset();
	pci_machine_reset();
	pci_init();
	*f = pci_machine_add(DEVICE, 0x12345678);
	pci_machine_add_msi(*f, 0x50, 0x180);
	pci_machine_add_msix(*f, 0x70, 20, 0, 0xf80);
	pci_machine_set_bar(*f, 0, 0x4000, 4, 0x800000);
	(*f)->config[PCI_COMMAND] = PCI_COMMAND_MEMORY;
	d = fake_domain_add(0, 4);
	d->machine = &machine;
	if (vpci_create(d) != 0) {
		abort();
	}
	return d;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct pci_machine_function *f;
	static struct pci_machine_function fresh;
	static struct domain *d;

	if (d == NULL) {
		d = start(&f);
		fresh = *f;
	}
	/* The device is met. */
	(void)claims[1].ops->read(claims[1].context, d->vcpus[0], DEVICE << 12,
				  4);
	for (size_t at = 0; at + 12 <= len; at += 12) {
		step(d, data + at);
	}
	vpci_removed(d, DEVICE);
	if (vectors != 0 || fake_irq_count != 0) {
		abort();
	}
	fake_quiesce();
	*f = fresh;
	return 0;
}
