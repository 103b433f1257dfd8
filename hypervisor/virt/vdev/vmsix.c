/* SPDX-License-Identifier: MIT */
/*
 * MSI-X for a domain (PCI 3.0 6.8.2): the capability's control word, and the
 * table, which is memory inside a BAR. The pages that hold the table are trapped
 * where the BAR is now; everything else in them passes to the device.
 *
 * The device's control word is what the domain wrote, and so is each entry's
 * mask bit, with one exception: an entry is masked in the device as long as no
 * host vector could be had for it. Entries reach the device only while MSI-X is
 * enabled, so a domain that never enables it costs no vectors.
 */
#include "arch/x86/hooks.h"
#include "domain/physmap.h"
#include "mm/vmap.h"
#include "virt/vdev/claim.h"
#include "virt/vdev/vpci_function.h"

#define CONTROL_ENABLE   0x8000u
#define CONTROL_MASK_ALL 0x4000u
#define ENTRY_SIZE       16u

int vmsix_init(struct vpci_function *f)
{
	const unsigned int count = f->hw.msix_count;

	if (f->hw.msix == 0) {
		return 0;
	}
	f->entries = domain_alloc(f->domain, count * sizeof(*f->entries));
	if (f->entries == NULL) {
		return -XEN_ENOMEM;
	}
	for (unsigned int i = 0; i < count; i++) {
		vmsi_init(&f->entries[i], f, i);
		f->entries[i].word[VMSI_CONTROL] = VMSI_MASKED;
	}
	return 0;
}

void vmsix_free(struct vpci_function *f)
{
	if (f->entries != NULL) {
		domain_free(f->domain, f->entries,
			    f->hw.msix_count * sizeof(*f->entries));
	}
}

static uint64_t table_bytes(const struct vpci_function *f)
{
	return (uint64_t)f->hw.msix_count * ENTRY_SIZE;
}

static uint64_t pages_start(uint64_t table)
{
	return align_down(table, PAGE_SIZE);
}

static uint64_t pages_length(const struct vpci_function *f, uint64_t table)
{
	return align_up(table + table_bytes(f), PAGE_SIZE) - pages_start(table);
}

/* Brings one entry of the enabled device to what the domain wants. A changed
 * one is masked in the device, as PCI 3.0 6.8.2.9 asks. */
static void entry_update(struct vpci_function *f, unsigned int i)
{
	struct vmsi *m = &f->entries[i];
	volatile uint8_t *device;
	struct iommu_message message;

	if (f->page == NULL || !f->msix_enabled) {
		return;
	}
	device = f->page + page_offset(f->table) + i * ENTRY_SIZE;
	if ((m->word[VMSI_CONTROL] & VMSI_MASKED) != 0 ||
	    vmsi_route(m, &message) != 0) {
		mmio_write32(device + 4 * VMSI_CONTROL, VMSI_MASKED);
		/* Pushes the write out: no message after return. */
		(void)mmio_read32(device + 4 * VMSI_CONTROL);
		return;
	}
	mmio_write32(device + 4 * VMSI_ADDRESS, message.address);
	mmio_write32(device + 4 * VMSI_ADDRESS_HIGH, 0);
	mmio_write32(device + 4 * VMSI_DATA, message.data);
	mmio_write32(device + 4 * VMSI_CONTROL, 0);
}

static void update_all(struct vpci_function *f)
{
	for (unsigned int i = 0; i < f->hw.msix_count; i++) {
		entry_update(f, i);
	}
}

static void release_all(struct vpci_function *f)
{
	for (unsigned int i = 0; i < f->hw.msix_count; i++) {
		vmsi_release(&f->entries[i]);
	}
}

void vmsix_write(struct vpci_function *f, uint32_t value)
{
	const uint32_t control =
		value >> 16 & (CONTROL_ENABLE | CONTROL_MASK_ALL);
	const uint16_t at = f->hw.msix + 2;

	f->msix_enabled = (control & CONTROL_ENABLE) != 0;
	/* Also after a reset of the device. All entries are masked until each
	 * has been written. */
	if (f->msix_enabled &&
	    (pci_read(f->hw.sbdf, at, 2) & CONTROL_ENABLE) == 0) {
		pci_write(f->hw.sbdf, at, 2, CONTROL_ENABLE | CONTROL_MASK_ALL);
		update_all(f);
	}
	pci_write(f->hw.sbdf, at, 2, control);
	if (!f->msix_enabled) {
		release_all(f);
	}
}

static uint64_t table_read(const struct vpci_function *f, uint64_t at,
			   unsigned int size)
{
	const uint32_t *word = &f->entries[at / ENTRY_SIZE].word[at / 4 % 4];
	uint64_t value = word[0];

	if (size == 8) {
		value |= (uint64_t)word[1] << 32;
	}
	return value >> (8 * (at & 3));
}

static void word_write(struct vpci_function *f, uint64_t at, uint32_t value)
{
	const unsigned int i = (unsigned int)(at / ENTRY_SIZE);
	const enum vmsi_word word = at / 4 % 4;

	/* The device keeps its host vector: only the handler changes. */
	store_relaxed(&f->entries[i].word[word], value);
	if (word == VMSI_CONTROL) {
		entry_update(f, i);
	}
}

/* False when the table was moved away meanwhile, or for misaligned accesses. */
static bool is_reachable(const struct vpci_function *f, uint64_t offset,
			 unsigned int size)
{
	return f->page != NULL && offset % size == 0 &&
	       range_ok(offset, size, pages_length(f, f->table));
}

static bool is_in_table(const struct vpci_function *f, uint64_t offset)
{
	const uint64_t first = page_offset(f->table);

	return offset >= first && offset < first + table_bytes(f);
}

static uint64_t page_read(void *context, struct vcpu *, uint64_t offset,
			  unsigned int size)
{
	struct vpci_function *f = context;
	uint64_t value = ~UINT64_C(0);

	spin_lock(f->lock);
	if (is_reachable(f, offset, size)) {
		value = is_in_table(f, offset)
				? table_read(f, offset - page_offset(f->table),
					     size)
				: pci_memory_read(f->page + offset, size);
	}
	spin_unlock(f->lock);
	return value;
}

/* PCI 3.0 6.8.2: the table is accessed by 4 or 8 aligned bytes. */
static void page_write(void *context, struct vcpu *, uint64_t offset,
		       unsigned int size, uint64_t value)
{
	struct vpci_function *f = context;

	spin_lock(f->lock);
	if (is_reachable(f, offset, size)) {
		if (!is_in_table(f, offset)) {
			pci_memory_write(f->page + offset, size, value);
		} else if (size >= 4) {
			offset -= page_offset(f->table);
			word_write(f, offset, (uint32_t)value);
			if (size == 8) {
				word_write(f, offset + 4,
					   (uint32_t)(value >> 32));
			}
		}
	}
	spin_unlock(f->lock);
}

static const struct claim_ops page_ops = { page_read, page_write };

/* Where the table is decoded now, or 0. */
static uint64_t table_now(const struct vpci_function *f)
{
	const uint32_t command = pci_read(f->hw.sbdf, PCI_COMMAND, 2);
	uint64_t bar;

	if (f->entries == NULL || (command & PCI_COMMAND_MEMORY) == 0) {
		return 0;
	}
	bar = pci_bar_address(&f->hw, f->hw.msix_bar);
	return bar == 0 ? 0 : bar + f->hw.msix_offset;
}

/* The pages are mapped again when they are touched (domain/identity.h). */
static void trap_remove(struct vpci_function *f)
{
	if (f->table != 0) {
		mmio_remove(f->domain, gaddr(pages_start(f->table)));
		f->table = 0;
		f->page = NULL;
	}
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

static int trap_add(struct vpci_function *f, uint64_t table)
{
	const uint64_t start = pages_start(table);
	const uint64_t length = pages_length(f, table);
	volatile uint8_t *page = is_allowed(start, length)
					 ? mm_map_device(maddr(start), length)
					 : NULL;
	int error = -XEN_EINVAL;

	if (page != NULL) {
		error = mmio_add(f->domain, gaddr(start), length, &page_ops, f);
	}
	if (error != 0) {
		return error;
	}
	f->table = table;
	f->page = page;
	/* Claimed first: a claimed page that is touched is not mapped again. */
	for (uint64_t at = start; error == 0 && at < start + length;
	     at += PAGE_SIZE) {
		error = p2m_unmap(f->domain, gfn_of(gaddr(at)), P2M_ORDER_4K);
	}
	if (error != 0) {
		trap_remove(f);
	}
	return error;
}

void vmsix_place(struct vpci_function *f)
{
	const uint64_t table = table_now(f);

	if (table == f->table) {
		return;
	}
	trap_remove(f);
	if (table != 0 && trap_add(f, table) != 0) {
		log_error("MSI-X: cannot trap the table at %#lx\n", table);
	}
	/* Entries written while the table could not be reached. */
	update_all(f);
}

void vmsix_release(struct vpci_function *f)
{
	f->msix_enabled = false;
	release_all(f);
	trap_remove(f);
}
