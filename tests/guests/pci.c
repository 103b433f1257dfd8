/* SPDX-License-Identifier: MIT */
/*
 * PCI for the service VM: configuration space by ports and by memory is the
 * same space, BARs can be sized, a device answers, and its message-signalled
 * interrupt arrives with the vector the guest wrote.
 *
 * The hypervisor traps all of it. A bug would mix up bytes of the data port,
 * let a BAR's size probe move the device, or send the interrupt with the
 * host's vector.
 */
#include "lib/pci.h"
#include "lib/acpi.h"
#include "lib/apic.h"
#include "lib/clock.h"
#include "lib/cpu.h"
#include "lib/event.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "lib/trap.h"

#define VECTOR_MSI 0x55
#define LIMIT      (5 * SECOND)

static volatile unsigned interrupts;
static volatile uint32_t *edu;

static void on_msi(struct trap_frame *frame)
{
	(void)frame;
	interrupts++;
	apic_eoi();
}

static void check_ports(void)
{
	uint32_t word, got;

	out32(0xcf8, pci_address(0, 0, 0));
	expect_eq("the address register holds", in32(0xcf8),
		  pci_address(0, 0, 0));
	word = in32(0xcfc);
	expect(word != 0 && word != PCI_NONE, "host bridge is there", "0x%x",
	       word);
	got = in8(0xcfc) | in8(0xcfd) << 8 | in8(0xcfe) << 16 |
	      (uint32_t)in8(0xcff) << 24;
	expect_eq("by bytes", got, word);
	got = in16(0xcfc) | (uint32_t)in16(0xcfe) << 16;
	expect_eq("by words", got, word);
	out8(0xcf9, 0);
	expect_eq("a byte write at CF9 leaves the address alone", in32(0xcf8),
		  pci_address(0, 0, 0));
	out32(0xcf8, pci_address(0, 0, 0) & 0x7fffffff);
	expect_eq("without the enable bit nothing answers", in32(0xcfc),
		  PCI_NONE);
	out32(0xcf8, 1u << 31 | 0x80 << 16);
	expect_eq("a bus that is not there", in32(0xcfc), PCI_NONE);
}

static void check_memory(void)
{
	uint64_t base = acpi_mmconfig();
	unsigned found = 0, differ = 0;

	if (!expect(base != 0, "MCFG has a base", "0")) {
		return;
	}
	for (unsigned device = 0; device < 32; device++) {
		volatile uint32_t *space =
			(volatile uint32_t *)(uintptr_t)(base + (device << 15));

		found += space[0] != PCI_NONE;
		/* Ids, class, subsystem: what does not change. */
		differ += space[0] != pci_read(device, 0);
		differ += space[2] != pci_read(device, 8);
		differ += space[11] != pci_read(device, 0x2c);
	}
	expect(found >= 2, "devices on bus 0", "%u", found);
	expect_eq("registers that differ by ports and memory", differ, 0);
}

static void check_bar(unsigned device)
{
	uint32_t bar = pci_read(device, PCI_BAR0);
	uint32_t size;

	/* As Linux does it: decoding off, all ones, read, restore. */
	pci_write(device, PCI_COMMAND, pci_read(device, PCI_COMMAND) & ~2u);
	pci_write(device, PCI_BAR0, 0xffffffff);
	size = pci_read(device, PCI_BAR0);
	pci_write(device, PCI_BAR0, bar);
	pci_write(device, PCI_COMMAND, pci_read(device, PCI_COMMAND) | 2);
	expect_eq("BAR is 1 MiB", ~(size & ~0xfu) + 1, BIT(20));
	expect_eq("BAR is as before", pci_read(device, PCI_BAR0), bar);
	expect_eq("the device still answers", edu[EDU_ID / 4] & 0xffff, 0xed);
}

static void move_bar(unsigned device, uint32_t to)
{
	pci_write(device, PCI_COMMAND, pci_read(device, PCI_COMMAND) & ~2u);
	pci_write(device, PCI_BAR0, to);
	pci_write(device, PCI_COMMAND, pci_read(device, PCI_COMMAND) | 2);
	page_map(to & ~0xfu, to & ~0xfu, PTE_RWX | PTE_UNCACHED);
}

static void check_move(unsigned device)
{
	uint32_t bar = pci_read(device, PCI_BAR0);
	uint32_t other = 0xe0000000; /* q35: a hole for devices */
	volatile uint32_t *there = (volatile uint32_t *)(uintptr_t)other;

	move_bar(device, other);
	expect_eq("a moved BAR answers", there[EDU_ID / 4] & 0xffff, 0xed);
	move_bar(device, bar);
	expect_eq("and moves back", edu[EDU_ID / 4] & 0xffff, 0xed);
}

static void check_device(void)
{
	edu[EDU_INVERT / 4] = 0x12345678;
	expect_eq("a device register works", edu[EDU_INVERT / 4],
		  (uint32_t)~0x12345678);
}

static bool raise(unsigned want)
{
	bool came;

	edu[EDU_RAISE / 4] = 1;
	irq_enable();
	came = wait_for(&interrupts, want, LIMIT);
	irq_disable();
	edu[EDU_LOWER / 4] = 1;
	return came;
}

static void check_msi(unsigned device)
{
	unsigned reg = pci_capability(device, CAPABILITY_MSI);

	if (!expect(reg != 0, "MSI capability", "none")) {
		return;
	}
	pci_set_msi(device, smp_apic_id(0), VECTOR_MSI, true);
	expect_eq("MSI address reads as written", pci_read(device, reg + 4),
		  0xfee00000 | smp_apic_id(0) << 12);
	expect(raise(1), "MSI arrives", "never");
	expect(raise(2), "and again", "never");
	pci_set_msi(device, smp_apic_id(0), VECTOR_MSI + 1, true);
	expect(raise(3), "with another vector", "never");
	pci_set_msi(device, smp_apic_id(0), VECTOR_MSI, false);
	edu[EDU_RAISE / 4] = 1;
	irq_enable();
	clock_spin(10 * MILLISECOND);
	irq_disable();
	edu[EDU_LOWER / 4] = 1;
	expect_eq("none when it is off", interrupts, 3);
}

void guest_main(void)
{
	unsigned device;

	event_init();
	smp_count();
	apic_enable(apic_has_x2());
	trap_handle(VECTOR_MSI, on_msi);
	trap_handle(VECTOR_MSI + 1, on_msi);
	check_ports();
	check_memory();
	edu = edu_find(0, &device);
	if (edu == NULL) {
		skip("a device", "the machine has no edu device");
		return;
	}
	check_device();
	check_bar(device);
	check_move(device);
	check_msi(device);
}
