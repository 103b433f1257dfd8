/* SPDX-License-Identifier: MIT */
/*
 * The I/O APIC: registers read as written, and a level interrupt of a real
 * device comes, waits for EOI, and comes again while the line is still up.
 *
 * Linux saves, masks and restores all entries at boot, so a write that does
 * not read back loses interrupts for good. A bug in the level protocol is an
 * interrupt storm or a device that falls silent after its first interrupt.
 */
#include "lib/acpi.h"
#include "lib/apic.h"
#include "lib/clock.h"
#include "lib/cpu.h"
#include "lib/event.h"
#include "lib/memory.h"
#include "lib/pci.h"
#include "lib/test.h"
#include "lib/trap.h"

#define VECTOR_BASE      0x60
#define ENTRY_MASKED     BIT(16)
#define ENTRY_LEVEL      BIT(15)
#define ENTRY_REMOTE_IRR BIT(14)
#define LIMIT            (5 * SECOND)

enum ioapic_register {
	IOAPIC_ID = 0,
	IOAPIC_VERSION = 1,
	IOAPIC_ENTRY = 0x10,
};

static volatile uint32_t *ioapic;
static volatile uint32_t *edu;
static volatile unsigned interrupts;
static volatile unsigned last_vector;
static volatile unsigned lower_at; /* this many interrupts */
static unsigned pins;

static uint32_t read(unsigned reg)
{
	ioapic[0] = reg;
	return ioapic[4];
}

static void write(unsigned reg, uint32_t value)
{
	ioapic[0] = reg;
	ioapic[4] = value;
}

static uint64_t read_entry(unsigned pin)
{
	return read(IOAPIC_ENTRY + 2 * pin) |
	       (uint64_t)read(IOAPIC_ENTRY + 2 * pin + 1) << 32;
}

/* The half with the mask last, so that no half-made entry is open. */
static void write_entry(unsigned pin, uint64_t entry)
{
	write(IOAPIC_ENTRY + 2 * pin + 1, (uint32_t)(entry >> 32));
	write(IOAPIC_ENTRY + 2 * pin, (uint32_t)entry);
}

static void on_interrupt(struct trap_frame *frame)
{
	interrupts++;
	last_vector = (unsigned)frame->vector;
	if (interrupts >= lower_at) {
		edu[EDU_LOWER / 4] = edu[EDU_INTERRUPT / 4];
	}
	apic_eoi();
}

static void check_registers(void)
{
	uint32_t version = read(IOAPIC_VERSION);

	pins = (version >> 16 & 0xff) + 1;
	expect((version & 0xff) >= 0x11, "version", "0x%x", version);
	expect(pins >= 24, "24 pins or more", "%u", pins);
	expect_eq("the index register reads back", ioapic[0], IOAPIC_VERSION);
	write(IOAPIC_VERSION, 0);
	expect_eq("the version is read-only", read(IOAPIC_VERSION), version);
}

static void check_entries(void)
{
	unsigned masked = 0, kept = 0, status = 0;
	uint64_t entry = ENTRY_MASKED | ENTRY_LEVEL | 0x2031ull;

	for (unsigned pin = 0; pin < pins; pin++) {
		uint64_t old = read_entry(pin);

		masked += (old & ENTRY_MASKED) != 0;
		write_entry(pin, entry | (uint64_t)pin << 56);
		kept += read_entry(pin) == (entry | (uint64_t)pin << 56);
		/* Delivery status and remote IRR cannot be written. */
		write_entry(pin, ENTRY_MASKED | 0x31 | BIT(12) | BIT(14));
		status += (read_entry(pin) & (BIT(12) | BIT(14))) != 0;
		write_entry(pin, old | ENTRY_MASKED);
	}
	expect_eq("all pins start masked", masked, pins);
	expect_eq("all entries hold", kept, pins);
	expect_eq("entries whose status could be written", status, 0);
}

/* All pins a PCI line can be on; one of them will be ours. */
static void open_lines(uint64_t mode)
{
	for (unsigned pin = 16; pin < 24; pin++) {
		write_entry(pin, mode | (VECTOR_BASE + pin) |
					 (uint64_t)smp_apic_id(0) << 56);
	}
}

static bool wait(unsigned want)
{
	bool came;

	irq_enable();
	came = wait_for(&interrupts, want, LIMIT);
	irq_disable();
	return came;
}

static void settle(void)
{
	irq_enable();
	clock_spin(20 * MILLISECOND);
	irq_disable();
}

static void check_level(void)
{
	unsigned pin, before;

	open_lines(ENTRY_LEVEL);
	lower_at = 1;
	edu[EDU_RAISE / 4] = 1;
	if (!expect(wait(1), "a level interrupt comes", "never")) {
		return;
	}
	pin = last_vector - VECTOR_BASE;
	print("the device is on pin %u\n", pin);
	settle();
	expect_eq("once", interrupts, 1);
	expect((read_entry(pin) & ENTRY_REMOTE_IRR) == 0,
	       "remote IRR is clear after EOI", "0x%lx", read_entry(pin));

	/* The line stays up after EOI: it comes again until it is lowered. */
	lower_at = 5;
	edu[EDU_RAISE / 4] = 2;
	expect(wait(5), "it comes again while the line is up", "%u",
	       interrupts);
	before = interrupts;
	settle();
	expect_eq("and stops when it is lowered", interrupts, before);

	write_entry(pin, read_entry(pin) | ENTRY_MASKED);
	edu[EDU_RAISE / 4] = 4;
	settle();
	expect_eq("a masked pin is quiet", interrupts, before);
	write_entry(pin, read_entry(pin) & ~ENTRY_MASKED);
	expect(wait(before + 1), "unmasking it delivers", "never");
	settle();
}

void guest_main(void)
{
	uint32_t first_gsi;
	unsigned device;

	event_init();
	smp_count();
	apic_enable(apic_has_x2());
	ioapic = (volatile uint32_t *)(uintptr_t)acpi_ioapic(0, &first_gsi);
	if (!expect(ioapic != NULL && first_gsi == 0, "MADT has an I/O APIC",
		    "none")) {
		return;
	}
	for (unsigned pin = 16; pin < 24; pin++) {
		trap_handle(VECTOR_BASE + pin, on_interrupt);
	}
	check_registers();
	check_entries();
	edu = edu_find(0, &device);
	if (edu == NULL) {
		skip("a device", "the machine has no edu device");
		return;
	}
	check_level();
}
