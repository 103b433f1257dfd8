/* SPDX-License-Identifier: MIT */
/*
 * MSI-X for a domain.
 *
 * The device's control word is what the domain wrote, and so is each entry's
 * mask bit, with one exception: an entry is masked in the device as long as no
 * host vector could be had for it. Entries reach the device only while MSI-X is
 * enabled, so a domain that never enables it costs no vectors.
 */
#include "virt/vdev/vmsix.h"

#include "abi/abi.h"
#include "arch/x86/asm.h"
#include "arch/x86/hooks.h"
#include "domain/domain.h"
#include "domain/identity.h"
#include "domain/p2m.h"
#include "mm/vmap.h"
#include "virt/vdev/mmio.h"

#define CONTROL_WRITABLE (PCI_MSIX_ENABLE | PCI_MSIX_MASK_ALL)

int vmsix_init(struct vmsix *x, const struct pci_function *f, struct domain *d,
	       struct spinlock *lock)
{
	x->f = f;
	x->lock = lock;
	x->domain = d;
	if (f->msix == 0) {
		return 0;
	}
	x->entries = domain_alloc(d, f->msix_count * sizeof(*x->entries));
	if (x->entries == NULL) {
		return -XEN_ENOMEM;
	}
	for (unsigned int i = 0; i < f->msix_count; i++) {
		x->entries[i].control = PCI_MSIX_MASKED;
		vmsi_vector_init(&x->entries[i].vector, d);
	}
	return 0;
}

void vmsix_free(struct vmsix *x)
{
	if (x->entries != NULL) {
		domain_free(x->domain, x->entries,
			    x->f->msix_count * sizeof(*x->entries));
		x->entries = NULL;
	}
}

static uint64_t table_bytes(const struct vmsix *x)
{
	return (uint64_t)x->f->msix_count * PCI_MSIX_ENTRY_SIZE;
}

static uint64_t pages_start(uint64_t table)
{
	return align_down(table, PAGE_SIZE);
}

static uint64_t pages_length(const struct vmsix *x, uint64_t table)
{
	return align_up(table + table_bytes(x), PAGE_SIZE) - pages_start(table);
}

/* The entry in the device, or NULL while the table cannot be reached. */
static volatile uint8_t *device_entry(const struct vmsix *x, unsigned int i)
{
	if (x->table == 0 || x->page == NULL) {
		return NULL;
	}
	return x->page + page_offset(x->table) + i * PCI_MSIX_ENTRY_SIZE;
}

static bool device_is_enabled(const struct vmsix *x)
{
	return (pci_read(x->f->sbdf, x->f->msix + 2, 2) & PCI_MSIX_ENABLE) != 0;
}

/* Brings one entry of the enabled device to what the domain wants. */
static void entry_update(struct vmsix *x, unsigned int i)
{
	struct vmsix_entry *e = &x->entries[i];
	volatile uint8_t *device = device_entry(x, i);
	struct pci_msi_message host;

	if (device == NULL || (x->control & PCI_MSIX_ENABLE) == 0) {
		return;
	}
	if ((e->control & PCI_MSIX_MASKED) != 0 ||
	    vmsi_vector_route(&e->vector, true, &host) != 0) {
		pci_msix_mask(device);
		return;
	}
	pci_msix_write(device, &host);
}

static void device_control(const struct vmsix *x, uint32_t control)
{
	pci_write(x->f->sbdf, x->f->msix + 2, 2, control);
}

/* Turned on with all entries masked until each has been written. */
static void device_enable(struct vmsix *x)
{
	device_control(x, CONTROL_WRITABLE);
	for (unsigned int i = 0; i < x->f->msix_count; i++) {
		entry_update(x, i);
	}
}

void vmsix_restore(struct vmsix *x)
{
	if (x->entries == NULL || (x->control & PCI_MSIX_ENABLE) == 0 ||
	    device_is_enabled(x)) {
		return;
	}
	device_enable(x);
	device_control(x, x->control);
}

static void vectors_release(struct vmsix *x)
{
	for (unsigned int i = 0; i < x->f->msix_count; i++) {
		vmsi_vector_release(&x->entries[i].vector);
	}
}

bool vmsix_owns(const struct vmsix *x, uint16_t reg)
{
	return x->entries != NULL && reg == x->f->msix;
}

/* The device's word is right but for a moment inside vmsix_write(). */
uint32_t vmsix_read(const struct vmsix *x, uint16_t reg)
{
	return pci_read(x->f->sbdf, reg, 4);
}

void vmsix_write(struct vmsix *x, uint16_t reg, uint32_t value)
{
	(void)reg;
	x->control = value >> 16 & CONTROL_WRITABLE;
	if ((x->control & PCI_MSIX_ENABLE) != 0 && !device_is_enabled(x)) {
		device_enable(x);
	}
	device_control(x, x->control);
	if ((x->control & PCI_MSIX_ENABLE) == 0) {
		vectors_release(x);
	}
}

static uint32_t entry_read(const struct vmsix_entry *e, uint64_t offset)
{
	switch (offset & 0xc) {
	case PCI_MSIX_ADDRESS:
		return (uint32_t)e->address;
	case PCI_MSIX_ADDRESS_HIGH:
		return (uint32_t)(e->address >> 32);
	case PCI_MSIX_DATA:
		return e->data;
	default:
		return e->control;
	}
}

static void entry_write(struct vmsix *x, uint64_t offset, uint32_t value)
{
	const unsigned int i = (unsigned int)(offset / PCI_MSIX_ENTRY_SIZE);
	struct vmsix_entry *e = &x->entries[i];

	switch (offset & 0xc) {
	case PCI_MSIX_ADDRESS:
		e->address =
			(e->address & ~UINT64_C(0xffffffff)) | (value & ~3u);
		break;
	case PCI_MSIX_ADDRESS_HIGH:
		e->address = (e->address & 0xffffffff) | (uint64_t)value << 32;
		break;
	case PCI_MSIX_DATA:
		e->data = value;
		break;
	default:
		e->control = value & PCI_MSIX_MASKED;
		entry_update(x, i);
		return;
	}
	/* The device keeps its host vector: only the handler changes. */
	vmsi_vector_set(&e->vector, e->address, e->data);
}

/* PCI 3.0 6.8.2: the table is accessed by 4 or 8 aligned bytes. */
static uint64_t table_read(const struct vmsix *x, uint64_t offset,
			   unsigned int size)
{
	const struct vmsix_entry *e = &x->entries[offset / PCI_MSIX_ENTRY_SIZE];
	uint64_t value = entry_read(e, offset);

	if (size == 8) {
		value |= (uint64_t)entry_read(e, offset + 4) << 32;
	}
	return value >> (8 * (offset & 3));
}

static void table_write(struct vmsix *x, uint64_t offset, unsigned int size,
			uint64_t value)
{
	if (size < 4) {
		return;
	}
	entry_write(x, offset, (uint32_t)value);
	if (size == 8) {
		entry_write(x, offset + 4, (uint32_t)(value >> 32));
	}
}

static uint64_t device_read(const volatile uint8_t *p, unsigned int size)
{
	switch (size) {
	case 1:
		return *p;
	case 2:
		return *(const volatile uint16_t *)(const volatile void *)p;
	case 4:
		return *(const volatile uint32_t *)(const volatile void *)p;
	default:
		return *(const volatile uint64_t *)(const volatile void *)p;
	}
}

static void device_write(volatile uint8_t *p, unsigned int size, uint64_t value)
{
	switch (size) {
	case 1:
		*p = (uint8_t)value;
		break;
	case 2:
		*(volatile uint16_t *)(volatile void *)p = (uint16_t)value;
		break;
	case 4:
		*(volatile uint32_t *)(volatile void *)p = (uint32_t)value;
		break;
	default:
		*(volatile uint64_t *)(volatile void *)p = value;
		break;
	}
}

enum target {
	TARGET_NONE,   /* moved away meanwhile, or misaligned */
	TARGET_TABLE,  /* an aligned place in the table */
	TARGET_DEVICE, /* something else in the same pages */
};

/* What an access at `offset` into the trapped pages hits. */
static enum target find_target(const struct vmsix *x, uint64_t offset,
			       unsigned int size)
{
	const uint64_t table = page_offset(x->table);

	if (x->table == 0 || x->page == NULL || offset % size != 0 ||
	    !range_ok(offset, size, pages_length(x, x->table))) {
		return TARGET_NONE;
	}
	if (offset < table || offset >= table + table_bytes(x)) {
		return TARGET_DEVICE;
	}
	return TARGET_TABLE;
}

static uint64_t page_read(void *context, struct vcpu *v, uint64_t offset,
			  unsigned int size)
{
	struct vmsix *x = context;
	uint64_t value = ~UINT64_C(0);

	(void)v;
	spin_lock(x->lock);
	switch (find_target(x, offset, size)) {
	case TARGET_NONE:
		break;
	case TARGET_TABLE:
		value = table_read(x, offset - page_offset(x->table), size);
		break;
	case TARGET_DEVICE:
		value = device_read(x->page + offset, size);
		break;
	}
	spin_unlock(x->lock);
	return value;
}

static void page_write(void *context, struct vcpu *v, uint64_t offset,
		       unsigned int size, uint64_t value)
{
	struct vmsix *x = context;

	(void)v;
	spin_lock(x->lock);
	switch (find_target(x, offset, size)) {
	case TARGET_NONE:
		break;
	case TARGET_TABLE:
		table_write(x, offset - page_offset(x->table), size, value);
		break;
	case TARGET_DEVICE:
		device_write(x->page + offset, size, value);
		break;
	}
	spin_unlock(x->lock);
}

static const struct claim_ops page_ops = {
	.read = page_read,
	.write = page_write,
};

/* Where the table is decoded now, or 0. */
static uint64_t table_now(const struct vmsix *x)
{
	const uint64_t command = pci_read(x->f->sbdf, PCI_COMMAND, 2);
	uint64_t bar;

	if ((command & PCI_COMMAND_MEMORY) == 0) {
		return 0;
	}
	bar = pci_bar_address(x->f, x->f->msix_bar);
	return bar == 0 ? 0 : bar + x->f->msix_offset;
}

/* The pages are mapped again when they are touched (domain/identity.h). */
static void trap_remove(struct vmsix *x)
{
	mmio_remove(x->domain, gaddr(pages_start(x->table)));
	x->table = 0;
	x->page = NULL;
}

/* A BAR may be pointed at anything; we follow it only to device memory. */
static bool is_allowed(uint64_t start, uint64_t length)
{
	for (uint64_t at = start; at < start + length; at += PAGE_SIZE) {
		if (!identity_allows(maddr(at))) {
			return false;
		}
	}
	return true;
}

static int pages_unmap(struct domain *d, uint64_t start, uint64_t length)
{
	for (uint64_t at = start; at < start + length; at += PAGE_SIZE) {
		const int error = p2m_unmap(d, gfn_of(gaddr(at)), P2M_ORDER_4K);

		if (error != 0) {
			return error;
		}
	}
	return 0;
}

/* Claimed first: a claimed page that is touched is not mapped again. */
static int pages_trap(struct vmsix *x, uint64_t start, uint64_t length)
{
	int error = mmio_add(x->domain, gaddr(start), length, &page_ops, x);

	if (error != 0) {
		return error;
	}
	error = pages_unmap(x->domain, start, length);
	if (error != 0) {
		mmio_remove(x->domain, gaddr(start));
	}
	return error;
}

static void trap_add(struct vmsix *x, uint64_t table)
{
	const uint64_t start = pages_start(table);
	const uint64_t length = pages_length(x, table);

	if (!is_allowed(start, length) || pages_trap(x, start, length) != 0) {
		log_error("MSI-X: cannot trap the table at 0x%llx\n",
			  (unsigned long long)table);
		return;
	}
	x->table = table;
	x->page = mm_map_device(maddr(start), length);
	if (x->page == NULL) {
		log_error("MSI-X: cannot map the table at 0x%llx\n",
			  (unsigned long long)table);
	}
}

void vmsix_place(struct vmsix *x)
{
	uint64_t table;

	if (x->entries == NULL) {
		return;
	}
	table = table_now(x);
	if (table == x->table) {
		return;
	}
	if (x->table != 0) {
		trap_remove(x);
	}
	if (table != 0) {
		trap_add(x, table);
		/* Entries written while the table could not be reached. */
		for (unsigned int i = 0; i < x->f->msix_count; i++) {
			entry_update(x, i);
		}
	}
}

void vmsix_release(struct vmsix *x)
{
	if (x->entries == NULL) {
		return;
	}
	x->control = 0;
	vectors_release(x);
	if (x->table != 0) {
		trap_remove(x);
	}
}

void vmsix_stop(struct vmsix *x)
{
	if (x->entries == NULL) {
		return;
	}
	x->control = 0;
	device_control(x, 0);
	vectors_release(x);
}
