/* SPDX-License-Identifier: MIT */
/*
 * Physical I/O APICs (Intel 82093AA data sheet 3; ACPI 6.5 5.2.12.3).
 *
 * The table is filled at boot. A pin's entry is two registers behind one
 * index, so each I/O APIC has a lock; calls on one GSI are ordered by the
 * caller.
 */
#include "core/ioapic.h"

#include "arch/x86/hooks.h"
#include "arch/x86/spinlock.h"
#include "mm/vmap.h"

#define PORT_8259_FIRST_MASK  0x21
#define PORT_8259_SECOND_MASK 0xa1

#define MAX_IOAPICS           64

#define REG_INDEX             0x00
#define REG_DATA              0x10
#define REG_LENGTH            0x44

#define IOAPIC_VERSION        0x01
#define IOAPIC_ENTRY(pin)     (0x10u + 2 * (pin)) /* low half; high is next */

#define ENTRY_DELIVERY_MASK   (7u << 8)
#define ENTRY_DELIVERY_SMI    (2u << 8)
#define ENTRY_ACTIVE_LOW      (1u << 13)
#define ENTRY_LEVEL           (1u << 15)
#define ENTRY_MASKED          (1u << 16)

struct ioapic_info ioapic_table[MAX_IOAPICS];
unsigned int ioapic_count;

static struct ioapic_regs {
	volatile uint8_t *base; /* (o) */
	struct spinlock lock;
} ioapic_regs[MAX_IOAPICS];

static uint32_t read_locked(struct ioapic_regs *r, uint32_t index)
{
	mmio_write32(r->base + REG_INDEX, index);
	return mmio_read32(r->base + REG_DATA);
}

static void write_locked(struct ioapic_regs *r, uint32_t index, uint32_t value)
{
	mmio_write32(r->base + REG_INDEX, index);
	mmio_write32(r->base + REG_DATA, value);
}

/* Masks a pin and, by way of edge mode, forgets a level interrupt that firmware
 * did not end. System management interrupts stay with the firmware. */
static void pin_quiet(struct ioapic_regs *r, uint32_t entry)
{
	const uint32_t low = read_locked(r, entry);

	if ((low & ENTRY_DELIVERY_MASK) != ENTRY_DELIVERY_SMI) {
		write_locked(r, entry, ENTRY_MASKED);
		write_locked(r, entry + 1, 0);
	}
}

void ioapic_add(uint8_t id, uint64_t base, uint32_t gsi_base)
{
	struct ioapic_regs *r = &ioapic_regs[ioapic_count];
	uint32_t version = UINT32_MAX;
	uint32_t pins;

	if (ioapic_count < MAX_IOAPICS) {
		r->base = mm_map_device(maddr(base), REG_LENGTH);
		if (r->base != NULL) {
			version = read_locked(r, IOAPIC_VERSION);
		}
	}
	if (version == UINT32_MAX) {
		log_error("I/O APIC %u at %#lx ignored\n", id, base);
		return;
	}
	spinlock_init(&r->lock, LOCK_DEVICE);
	pins = (version >> 16 & 0xff) + 1;
	for (uint32_t pin = 0; pin < pins; pin++) {
		pin_quiet(r, IOAPIC_ENTRY(pin));
	}
	ioapic_table[ioapic_count] = (struct ioapic_info){
		base, gsi_base, pins, id, (uint8_t)version,
	};
	ioapic_count++;
	log_info("I/O APIC %u: GSI %u to %u, version 0x%x\n", id, gsi_base,
		 gsi_base + pins - 1, version & 0xff);
}

/* The I/O APIC of a GSI, and the pin's first register; NULL if none. */
static struct ioapic_regs *find(uint32_t gsi, uint32_t *entry)
{
	for (unsigned int i = 0; i < ioapic_count; i++) {
		const uint32_t pin = gsi - ioapic_table[i].gsi_base;

		if (pin < ioapic_table[i].pins) {
			*entry = IOAPIC_ENTRY(pin);
			return &ioapic_regs[i];
		}
	}
	return NULL;
}

void ioapic_route(uint32_t gsi, uint64_t message, bool level, bool active_low)
{
	uint32_t entry;
	struct ioapic_regs *r = find(gsi, &entry);

	if (r == NULL) {
		return;
	}
	spin_lock(&r->lock);
	/* Masked first, so that no half-written entry is used. */
	write_locked(r, entry, ENTRY_MASKED);
	write_locked(r, entry + 1, (uint32_t)(message >> 32));
	write_locked(r, entry,
		     (uint32_t)message | ENTRY_MASKED |
			     (level ? ENTRY_LEVEL : 0) |
			     (active_low ? ENTRY_ACTIVE_LOW : 0));
	spin_unlock(&r->lock);
}

/* By way of edge mode: a remapped message has another vector than the entry, so
 * the local APIC's end of interrupt may not reach the pin. */
void ioapic_mask(uint32_t gsi)
{
	uint32_t entry;
	struct ioapic_regs *r = find(gsi, &entry);
	uint32_t low;

	if (r == NULL) {
		return;
	}
	spin_lock(&r->lock);
	low = read_locked(r, entry) | ENTRY_MASKED;
	write_locked(r, entry, low & ~ENTRY_LEVEL);
	write_locked(r, entry, low);
	/* A read pushes the write out: no interrupt after return, except one
	 * already on its way. */
	(void)read_locked(r, entry);
	spin_unlock(&r->lock);
}

void ioapic_unmask(uint32_t gsi)
{
	uint32_t entry;
	struct ioapic_regs *r = find(gsi, &entry);

	if (r != NULL) {
		spin_lock(&r->lock);
		write_locked(r, entry, read_locked(r, entry) & ~ENTRY_MASKED);
		spin_unlock(&r->lock);
	}
}

void ioapic_disable_8259(void)
{
	outb(PORT_8259_FIRST_MASK, 0xff);
	outb(PORT_8259_SECOND_MASK, 0xff);
}
