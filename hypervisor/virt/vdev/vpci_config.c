/* SPDX-License-Identifier: MIT */
/*
 * The configuration space that the service VM sees: the hardware's, filtered.
 *
 * One lock (LOCK_PCI) for all functions: configuration is rare, and accesses
 * to one function's registers must not overtake each other. It ranks below the
 * p2m's lock because a moved BAR changes the p2m.
 */
#include "virt/vdev/vpci_config.h"

#include "abi/abi.h"
#include "domain/domain.h"
#include "virt/vdev/machine.h"
#include "virt/vdev/vpci.h"

void vpci_config_init(struct vpci *p, struct domain *d)
{
	spinlock_init(&p->lock, LOCK_PCI);
	p->domain = d;
	for (unsigned int i = 0; i < VPCI_BUCKETS; i++) {
		list_init(&p->buckets[i]);
	}
}

static struct list *bucket_of(struct vpci *p, uint32_t sbdf)
{
	return &p->buckets[(sbdf ^ sbdf >> 8) % VPCI_BUCKETS];
}

static struct vpci_function *function_find(struct vpci *p, uint32_t sbdf)
{
	list_for_each(at, bucket_of(p, sbdf))
	{
		struct vpci_function *f =
			list_entry(at, struct vpci_function, link);

		if (f->hw.sbdf == sbdf) {
			return f;
		}
	}
	return NULL;
}

/* Firmware may have left interrupts on, to vectors that are not its any more. */
static void function_stop(struct vpci_function *f)
{
	vmsi_stop(&f->msi);
	vmsix_stop(&f->msix);
}

static struct vpci_function *function_create(struct vpci *p,
					     const struct pci_function *hw)
{
	struct vpci_function *f = domain_alloc(p->domain, sizeof(*f));

	if (f == NULL) {
		return NULL;
	}
	f->domain = p->domain;
	f->hw = *hw;
	vmsi_init(&f->msi, &f->hw, p->domain);
	if (vmsix_init(&f->msix, &f->hw, p->domain, &p->lock) != 0) {
		domain_free(p->domain, f, sizeof(*f));
		return NULL;
	}
	function_stop(f);
	vmsix_place(&f->msix);
	list_push_back(bucket_of(p, hw->sbdf), &f->link);
	return f;
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
	return function_create(p, &hw);
}

static void function_free(struct quiesce_item *item)
{
	struct vpci_function *f =
		container_of(item, struct vpci_function, gone);

	vmsix_free(&f->msix);
	domain_free(f->domain, f, sizeof(*f));
}

/* Handlers and trapped accesses may still look at it: freed later. What is in
 * its slot now is stopped only if it is still the same device. */
static void function_forget(struct vpci_function *f)
{
	if (pci_read(f->hw.sbdf, PCI_ID, 4) == f->hw.id) {
		function_stop(f);
	}
	vmsi_vector_release(&f->msi.vector);
	vmsix_release(&f->msix);
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

/* Registers are kept in fours; returns false for those of the hardware. */
static bool register_read(struct vpci_function *f, uint16_t reg,
			  uint32_t *value)
{
	if (vmsi_owns(&f->msi, reg)) {
		*value = vmsi_read(&f->msi, reg);
		return true;
	}
	if (vmsix_owns(&f->msix, reg)) {
		*value = vmsix_read(&f->msix, reg);
		return true;
	}
	return false;
}

static void register_write(struct vpci_function *f, uint16_t reg,
			   uint32_t value)
{
	if (vmsi_owns(&f->msi, reg)) {
		vmsi_write(&f->msi, reg, value);
	} else {
		vmsix_write(&f->msix, reg, value);
	}
}

static uint32_t function_read(struct vpci_function *f, uint16_t offset,
			      unsigned int size)
{
	const unsigned int shift = 8 * (offset & 3u);
	uint32_t value;

	if (register_read(f, offset & 0xfffc, &value)) {
		return value >> shift & low_bits(size);
	}
	value = pci_read(f->hw.sbdf, offset, size);
	if (offset == PCI_ID && size == 4 && function_is_replaced(f, value)) {
		function_forget(f);
	}
	return value;
}

/* Writes that may move memory BARs or turn them on and off. */
static bool moves_memory(const struct vpci_function *f, uint16_t offset)
{
	return (offset & 0xfffc) == PCI_COMMAND ||
	       (offset >= PCI_BAR(0) && offset < PCI_BAR(f->hw.bar_count));
}

static void function_write(struct vpci_function *f, uint16_t offset,
			   unsigned int size, uint32_t value)
{
	const uint16_t reg = offset & 0xfffc;
	const unsigned int shift = 8 * (offset & 3u);
	const uint32_t mask = low_bits(size) << shift;
	uint32_t old;

	if (register_read(f, reg, &old)) {
		register_write(f, reg, (old & ~mask) | (value << shift & mask));
		return;
	}
	pci_write(f->hw.sbdf, offset, size, value);
	if (moves_memory(f, offset)) {
		vmsix_place(&f->msix);
	}
}

uint32_t vpci_config_read(struct vpci *p, uint32_t sbdf, uint16_t offset,
			  unsigned int size)
{
	uint32_t value = UINT32_MAX;
	struct vpci_function *f;

	spin_lock(&p->lock);
	f = function_get(p, sbdf);
	if (f != NULL) {
		value = function_read(f, offset, size);
	}
	spin_unlock(&p->lock);
	return value & low_bits(size);
}

void vpci_config_write(struct vpci *p, uint32_t sbdf, uint16_t offset,
		       unsigned int size, uint32_t value)
{
	struct vpci_function *f;

	spin_lock(&p->lock);
	f = function_get(p, sbdf);
	if (f != NULL) {
		function_write(f, offset, size, value);
	}
	spin_unlock(&p->lock);
}

static void adopt(const struct pci_function *hw, void *context)
{
	struct vpci *p = context;

	spin_lock(&p->lock);
	(void)function_get(p, hw->sbdf);
	spin_unlock(&p->lock);
}

void vpci_config_scan(struct vpci *p)
{
	pci_scan(adopt, p);
}

void vpci_config_forget_all(struct vpci *p)
{
	spin_lock(&p->lock);
	for (unsigned int i = 0; i < VPCI_BUCKETS; i++) {
		while (!list_is_empty(&p->buckets[i])) {
			function_forget(list_entry(p->buckets[i].next,
						   struct vpci_function, link));
		}
	}
	spin_unlock(&p->lock);
}

int vpci_added(struct domain *d, uint32_t sbdf)
{
	struct vpci *p = d->machine == NULL ? NULL : d->machine->pci;
	struct vpci_function *f;

	if (p == NULL) {
		return -XEN_ENODEV;
	}
	spin_lock(&p->lock);
	f = function_find(p, sbdf);
	if (f != NULL && function_is_replaced(f, pci_read(sbdf, PCI_ID, 4))) {
		function_forget(f);
	}
	f = function_get(p, sbdf);
	spin_unlock(&p->lock);
	return f == NULL ? -XEN_ENODEV : 0;
}

int vpci_removed(struct domain *d, uint32_t sbdf)
{
	struct vpci *p = d->machine == NULL ? NULL : d->machine->pci;
	struct vpci_function *f;

	if (p == NULL) {
		return -XEN_ENODEV;
	}
	spin_lock(&p->lock);
	f = function_find(p, sbdf);
	if (f != NULL) {
		function_forget(f);
	}
	spin_unlock(&p->lock);
	return f == NULL ? -XEN_ENODEV : 0;
}

int vpci_restore_msi(struct domain *d, uint32_t sbdf)
{
	struct vpci *p = d->machine == NULL ? NULL : d->machine->pci;
	struct vpci_function *f;

	if (p == NULL) {
		return -XEN_ENODEV;
	}
	spin_lock(&p->lock);
	f = function_find(p, sbdf);
	if (f != NULL) {
		vmsi_restore(&f->msi);
		vmsix_restore(&f->msix);
	}
	spin_unlock(&p->lock);
	return f == NULL ? -XEN_ENODEV : 0;
}
