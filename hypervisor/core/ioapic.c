/* SPDX-License-Identifier: MIT */
/*
 * Physical I/O APICs (Intel 82093AA data sheet 3; ACPI 6.5 5.2.12.3).
 *
 * The table is filled at boot. A pin's entry is two registers behind one
 * index, so each I/O APIC has a lock; calls on one GSI are ordered by the
 * caller.
 */
#include "core/ioapic.h"

#include "arch/x86/asm.h"
#include "arch/x86/hooks.h"
#include "arch/x86/spinlock.h"
#include "mm/vmap.h"

#define PORT_8259_FIRST     0x20 /* command; data is the next port */
#define PORT_8259_SECOND    0xa0
#define VECTOR_8259         0x20

#define MAX_IOAPICS         64

#define REG_INDEX           0x00
#define REG_DATA            0x10
#define REG_LENGTH          0x44

#define IOAPIC_VERSION      0x01
#define IOAPIC_ENTRY(pin)   (0x10u + 2 * (pin)) /* low half; high is next */

#define ENTRY_DELIVERY_MASK (7u << 8)
#define ENTRY_DELIVERY_SMI  (2u << 8)
#define ENTRY_ACTIVE_LOW    (1u << 13)
#define ENTRY_LEVEL         (1u << 15)
#define ENTRY_MASKED        (1u << 16)
#define ENTRY_DEST_SHIFT    24

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
static void pin_quiet(struct ioapic_regs *r, uint32_t pin)
{
	const uint32_t entry = read_locked(r, IOAPIC_ENTRY(pin));

	if ((entry & ENTRY_DELIVERY_MASK) == ENTRY_DELIVERY_SMI) {
		return;
	}
	write_locked(r, IOAPIC_ENTRY(pin), ENTRY_MASKED);
	write_locked(r, IOAPIC_ENTRY(pin) + 1, 0);
}

void ioapic_add(uint8_t id, uint64_t base, uint32_t gsi_base)
{
	struct ioapic_info *info = &ioapic_table[ioapic_count];
	struct ioapic_regs *r = &ioapic_regs[ioapic_count];
	uint32_t version;

	if (ioapic_count == MAX_IOAPICS) {
		log_error("I/O APIC %u ignored: more than %u\n", id,
			  (unsigned int)MAX_IOAPICS);
		return;
	}
	r->base = mm_map_device(maddr(base), REG_LENGTH);
	if (r->base == NULL) {
		log_error("I/O APIC %u ignored: cannot map it\n", id);
		return;
	}
	spinlock_init(&r->lock, LOCK_DEVICE);

	version = read_locked(r, IOAPIC_VERSION);
	if (version == UINT32_MAX) {
		log_error("I/O APIC %u ignored: nothing at 0x%llx\n", id,
			  (unsigned long long)base);
		return;
	}
	*info = (struct ioapic_info){
		.base = base,
		.gsi_base = gsi_base,
		.pins = (version >> 16 & 0xff) + 1,
		.id = id,
		.version = (uint8_t)version,
	};
	for (uint32_t pin = 0; pin < info->pins; pin++) {
		pin_quiet(r, pin);
	}
	ioapic_count++;
	log_info("I/O APIC %u: GSI %u to %u, version 0x%x\n", id, gsi_base,
		 gsi_base + info->pins - 1, info->version);
}

/* The I/O APIC of a GSI, locked, and the pin's first register; NULL if none. */
static struct ioapic_regs *find_lock(uint32_t gsi, uint32_t *entry)
{
	for (unsigned int i = 0; i < ioapic_count; i++) {
		const struct ioapic_info *info = &ioapic_table[i];

		if (gsi >= info->gsi_base &&
		    gsi - info->gsi_base < info->pins) {
			*entry = IOAPIC_ENTRY(gsi - info->gsi_base);
			spin_lock(&ioapic_regs[i].lock);
			return &ioapic_regs[i];
		}
	}
	return NULL;
}

bool ioapic_has_gsi(uint32_t gsi)
{
	uint32_t entry;
	struct ioapic_regs *r = find_lock(gsi, &entry);

	if (r == NULL) {
		return false;
	}
	spin_unlock(&r->lock);
	return true;
}

/* Without interrupt remapping the destination field has eight bits. */
void ioapic_route(uint32_t gsi, uint8_t vector, uint32_t apic_id, bool level,
		  bool active_low)
{
	uint32_t entry;
	struct ioapic_regs *r = find_lock(gsi, &entry);
	uint32_t low = vector | ENTRY_MASKED;

	assert(apic_id < 0xff);
	if (r == NULL) {
		return;
	}
	if (level) {
		low |= ENTRY_LEVEL;
	}
	if (active_low) {
		low |= ENTRY_ACTIVE_LOW;
	}
	/* Masked first, so that no half-written entry is used. */
	write_locked(r, entry, ENTRY_MASKED);
	write_locked(r, entry + 1, apic_id << ENTRY_DEST_SHIFT);
	write_locked(r, entry, low);
	spin_unlock(&r->lock);
}

static void set_mask(uint32_t gsi, bool masked)
{
	uint32_t entry;
	struct ioapic_regs *r = find_lock(gsi, &entry);
	uint32_t low;

	if (r == NULL) {
		return;
	}
	low = read_locked(r, entry) & ~ENTRY_MASKED;
	write_locked(r, entry, masked ? low | ENTRY_MASKED : low);
	if (masked) {
		/* A read pushes the write out: no interrupt after return,
		 * except one already on its way. */
		(void)read_locked(r, entry);
	}
	spin_unlock(&r->lock);
}

void ioapic_mask(uint32_t gsi)
{
	set_mask(gsi, true);
}

void ioapic_unmask(uint32_t gsi)
{
	set_mask(gsi, false);
}

/* 8259A data sheet: four initialisation words, then the mask. */
static void init_8259(uint16_t port, uint8_t vector, uint8_t cascade)
{
	outb(port, 0x11); /* ICW1: edge, cascaded, ICW4 follows */
	outb(port + 1, vector);
	outb(port + 1, cascade);
	outb(port + 1, 0x01); /* ICW4: 8086 mode */
	outb(port + 1, 0xff);
}

void ioapic_disable_8259(void)
{
	init_8259(PORT_8259_FIRST, VECTOR_8259, 0x04);
	init_8259(PORT_8259_SECOND, VECTOR_8259 + 8, 0x02);
}
