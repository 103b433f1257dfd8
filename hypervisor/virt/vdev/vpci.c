/* SPDX-License-Identifier: MIT */
/*
 * Virtual PCI of the service VM.
 *
 * One lock (LOCK_PCI) for all functions: configuration is rare, and accesses
 * to one function's registers must not overtake each other. It ranks below the
 * p2m's lock because a moved BAR changes the p2m.
 */
#include "virt/vdev/machine.h"

#include "dev/acpi_devices.h"
#include "domain/domain.h"
#include "virt/vdev/vpci_function.h"

#define PORTS_FIRST    0xcf8
#define PORTS_COUNT    8
#define PORT_RESET     0xcf9 /* the chipset's, in the middle of the address */
#define RESET_NOW      0x04u /* in the reset port: its rising edge resets */
#define ADDRESS_ENABLE 0x80000000u

/* One range of configuration space in memory. */
struct range {
	struct vpci *pci;             /* (o) */
	const struct acpi_mcfg *mcfg; /* (o) */
};

struct vpci {
	struct spinlock lock;
	struct domain *domain; /* (o) */
	uint32_t address;      /* atomic: dword written to port 0xcf8 */
	struct list functions; /* (l) those met so far */
	struct range ranges[ACPI_MAX_MCFG]; /* (o) */
};

static struct vpci_function *function_find(struct vpci *p, uint32_t sbdf)
{
	list_for_each(at, &p->functions)
	{
		struct vpci_function *f =
			list_entry(at, struct vpci_function, link);

		if (f->hw.sbdf == sbdf) {
			return f;
		}
	}
	return NULL;
}

static void function_stop(struct vpci_function *f)
{
	if (f->hw.msi != 0) {
		vmsi_write(f, f->hw.msi, 0);
	}
	if (f->entries != NULL) {
		vmsix_write(f, 0);
	}
}

/* The function as the domain may see it; NULL when hidden, absent, or there is
 * no memory to remember it. */
static struct vpci_function *function_get(struct vpci *p, uint32_t sbdf)
{
	struct vpci_function *f = function_find(p, sbdf);
	struct pci_function hw;

	if (f != NULL) {
		return f;
	}
	if (pci_is_hidden(sbdf) || !pci_probe(sbdf, &hw)) {
		return NULL;
	}
	f = domain_alloc(p->domain, sizeof(*f));
	if (f == NULL) {
		return NULL;
	}
	f->domain = p->domain;
	f->lock = &p->lock;
	f->hw = hw;
	vmsi_init(&f->msi, f, 0);
	if (vmsix_init(f) != 0) {
		domain_free(p->domain, f, sizeof(*f));
		return NULL;
	}
	/* Firmware may have left interrupts on, to vectors that are not its any
	 * more. */
	function_stop(f);
	vmsix_place(f);
	list_push_back(&p->functions, &f->link);
	return f;
}

static void function_free(struct quiesce_item *item)
{
	struct vpci_function *f =
		container_of(item, struct vpci_function, gone);

	vmsix_free(f);
	domain_free(f->domain, f, sizeof(*f));
}

/* Handlers and trapped accesses may still look at it: freed later. What is in
 * its slot now is stopped only if it is still the same device. */
static void function_forget(struct vpci_function *f)
{
	if (pci_read(f->hw.sbdf, PCI_ID, 4) == f->hw.id) {
		function_stop(f);
	}
	vmsi_release(&f->msi);
	vmsix_release(f);
	list_remove(&f->link);
	quiesce_defer(&f->gone, function_free);
}

/* True when another device sits in the slot. A slot that answers not at all, or
 * "not yet" (PCIe 4.0 2.3.2: vendor 1), may hold the same one again later. */
static bool function_is_replaced(const struct vpci_function *f, uint32_t id)
{
	const uint32_t vendor = id & 0xffff;

	return id != f->hw.id && vendor != 0xffff && vendor != 0x0001;
}

static uint32_t low_bits(unsigned int size)
{
	return UINT32_MAX >> (32 - 8 * size);
}

static uint32_t function_read(struct vpci_function *f, uint16_t offset,
			      unsigned int size)
{
	uint32_t value;

	if (vmsi_owns(f, offset & 0xfffc)) {
		return vmsi_read(f, offset & 0xfffc) >> (8 * (offset & 3u));
	}
	value = pci_read(f->hw.sbdf, offset, size);
	if (offset == PCI_ID && size == 4 && function_is_replaced(f, value)) {
		function_forget(f);
	}
	return value;
}

/* Registers of ours are written in fours. */
static void function_write(struct vpci_function *f, uint16_t offset,
			   unsigned int size, uint32_t value)
{
	const uint16_t reg = offset & 0xfffc;
	const unsigned int shift = 8 * (offset & 3u);
	const uint32_t mask = low_bits(size) << shift;

	if (vmsi_owns(f, reg)) {
		vmsi_write(f, reg,
			   (vmsi_read(f, reg) & ~mask) |
				   (value << shift & mask));
	} else if (f->entries != NULL && reg == f->hw.msix) {
		vmsix_write(f, (pci_read(f->hw.sbdf, reg, 4) & ~mask) |
				       (value << shift & mask));
	} else {
		pci_write(f->hw.sbdf, offset, size, value);
	}
	/* Memory BARs may have moved, or been turned on or off. */
	if (reg == PCI_COMMAND ||
	    (reg >= PCI_BAR(0) && reg < PCI_BAR(f->hw.bar_count))) {
		vmsix_place(f);
	}
}

/* Any access by the largest pieces that configuration space takes at once. `at`
 * is sbdf << 12 | offset. */
static unsigned int piece_size(uint64_t at, unsigned int size)
{
	if (at % size != 0) {
		return 1;
	}
	return size > 4 ? 4 : size;
}

static uint64_t config_read(struct vpci *p, uint64_t at, unsigned int size)
{
	const unsigned int piece = piece_size(at, size);
	uint64_t value = 0;

	spin_lock(&p->lock);
	for (unsigned int done = 0; done < size; done += piece, at += piece) {
		struct vpci_function *f = function_get(p, (uint32_t)(at >> 12));
		uint64_t part = UINT32_MAX;

		if (f != NULL) {
			part = function_read(f, at & 0xfff, piece);
		}
		value |= (part & low_bits(piece)) << (8 * done);
	}
	spin_unlock(&p->lock);
	return value;
}

static void config_write(struct vpci *p, uint64_t at, unsigned int size,
			 uint64_t value)
{
	const unsigned int piece = piece_size(at, size);

	spin_lock(&p->lock);
	for (unsigned int done = 0; done < size; done += piece, at += piece) {
		struct vpci_function *f = function_get(p, (uint32_t)(at >> 12));

		if (f != NULL) {
			function_write(f, at & 0xfff, piece,
				       (uint32_t)(value >> (8 * done)));
		}
	}
	spin_unlock(&p->lock);
}

static uint64_t memory_read(void *context, struct vcpu *, uint64_t offset,
			    unsigned int size)
{
	const struct range *r = context;

	return config_read(r->pci, ((uint64_t)r->mcfg->first << 12) + offset,
			   size);
}

static void memory_write(void *context, struct vcpu *, uint64_t offset,
			 unsigned int size, uint64_t value)
{
	const struct range *r = context;

	config_write(r->pci, ((uint64_t)r->mcfg->first << 12) + offset, size,
		     value);
}

static const struct claim_ops memory_ops = { memory_read, memory_write };

/* Where an access to a data port goes; false when the pair is off. */
static bool port_target(const struct vpci *p, uint64_t offset, uint64_t *at)
{
	const uint32_t address = load_relaxed(&p->address);

	*at = (uint64_t)(address >> 8 & 0xffff) << 12 |
	      ((address & 0xfc) + offset - 4);
	return offset >= 4 && (address & ADDRESS_ENABLE) != 0;
}

/* PCI 3.0 3.2.2.3.2: only a whole dword reaches the address register; other
 * accesses there are for other devices. */
static uint64_t port_read(void *context, struct vcpu *, uint64_t offset,
			  unsigned int size)
{
	struct vpci *p = context;
	uint64_t at;

	if (port_target(p, offset, &at)) {
		return config_read(p, at, size);
	}
	if (offset == 0 && size == 4) {
		return load_relaxed(&p->address);
	}
	if (offset == PORT_RESET - PORTS_FIRST && size == 1) {
		return inb(PORT_RESET);
	}
	return UINT32_MAX;
}

static void port_write(void *context, struct vcpu *, uint64_t offset,
		       unsigned int size, uint64_t value)
{
	struct vpci *p = context;
	uint64_t at;

	if (port_target(p, offset, &at)) {
		config_write(p, at, size, value);
	} else if (offset == 0 && size == 4) {
		/* vCPUs that share the port pair lock it themselves. */
		store_relaxed(&p->address, (uint32_t)value);
	} else if (offset == PORT_RESET - PORTS_FIRST && size == 1) {
		/* What would reset the machine ends the domain instead. */
		if ((value & RESET_NOW) != 0) {
			domain_shutdown(p->domain, SHUTDOWN_reboot);
		} else {
			outb(PORT_RESET, (uint8_t)value);
		}
	}
}

static const struct claim_ops port_ops = { port_read, port_write };

int vpci_create(struct domain *d)
{
	struct vpci *p = domain_alloc(d, sizeof(*p));
	int error;

	if (p == NULL) {
		return -XEN_ENOMEM;
	}
	spinlock_init(&p->lock, LOCK_PCI);
	p->domain = d;
	list_init(&p->functions);
	d->machine->pci = p;
	error = pio_add(d, PORTS_FIRST, PORTS_COUNT, &port_ops, p);
	for (unsigned int i = 0; error == 0 && i < acpi_mcfg_count; i++) {
		p->ranges[i] = (struct range){ p, &acpi_mcfg[i] };
		error = mmio_add(d, gaddr(acpi_mcfg[i].base.v),
				 acpi_mcfg[i].count * (uint64_t)PAGE_SIZE,
				 &memory_ops, &p->ranges[i]);
	}
	return error;
}

void vpci_removed(struct domain *d, uint32_t sbdf)
{
	struct vpci *p = d->machine == NULL ? NULL : d->machine->pci;
	struct vpci_function *f;

	if (p == NULL) {
		return;
	}
	spin_lock(&p->lock);
	f = function_find(p, sbdf);
	if (f != NULL) {
		function_forget(f);
	}
	spin_unlock(&p->lock);
}
