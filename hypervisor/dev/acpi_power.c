/* SPDX-License-Identifier: MIT */
/* Power off by the PM1 control registers, reset by whatever works. */
#include "dev/acpi_power.h"

#include "arch/x86/asm.h"
#include "arch/x86/hooks.h"
#include "dev/acpi_fadt.h"
#include "mm/vmap.h"

/* ACPI 6.5 table 4.16, PM1 control; table 4.18, sleep control. */
#define PM1_SLEEP_TYPE_SHIFT     10
#define PM1_SLEEP_TYPE_MASK      (7u << PM1_SLEEP_TYPE_SHIFT)
#define PM1_SLEEP_ENABLE         (1u << 13)
#define SLEEP_CONTROL_TYPE_SHIFT 2
#define SLEEP_CONTROL_ENABLE     (1u << 5)

#define PORT_DELAY               0x80 /* POST codes: a write takes about 1 us */
#define PORT_KEYBOARD            0x64
#define KEYBOARD_PULSE_RESET     0xfe
#define PORT_RESET_CONTROL       0xcf9
#define RESET_CONTROL_HARD       0x02
#define RESET_CONTROL_GO         0x06
#define PORT_PCI_ADDRESS         0xcf8
#define PORT_PCI_DATA            0xcfc

static volatile uint8_t *reset_memory; /* (o) register in memory space */

static void delay_ms(unsigned int ms)
{
	for (unsigned int i = 0; i < ms * 1000; i++) {
		outb(PORT_DELAY, 0);
	}
}

void acpi_power_init(void)
{
	const struct acpi_gas *r = &acpi_fadt.reset;

	if ((acpi_fadt.flags & ACPI_FADT_RESET_SUPPORTED) != 0 &&
	    r->space == ACPI_SPACE_MEMORY && r->address != 0) {
		reset_memory = mm_map_device(maddr(r->address), 1);
	}
}

/* PM1 control blocks lie in port space on every PC that has them. */
static void pm1_sleep(const struct acpi_gas *g, uint8_t type, bool go)
{
	const uint16_t port = (uint16_t)g->address;
	uint32_t value;

	if (g->address == 0 || g->space != ACPI_SPACE_IO) {
		return;
	}
	value = inw(port) & ~PM1_SLEEP_TYPE_MASK & ~PM1_SLEEP_ENABLE;
	value |= (uint32_t)(type & 7u) << PM1_SLEEP_TYPE_SHIFT;
	outw(port, (uint16_t)(go ? value | PM1_SLEEP_ENABLE : value));
}

static void reduced_sleep(const struct acpi_gas *g)
{
	if (g->address != 0 && g->space == ACPI_SPACE_IO) {
		outb((uint16_t)g->address,
		     (uint8_t)((acpi_fadt.s5_type_a & 7u)
				       << SLEEP_CONTROL_TYPE_SHIFT |
			       SLEEP_CONTROL_ENABLE));
	}
}

void acpi_power_off(void)
{
	if (!acpi_fadt.has_s5) {
		return;
	}
	if ((acpi_fadt.flags & ACPI_FADT_HW_REDUCED) != 0) {
		reduced_sleep(&acpi_fadt.sleep_control);
		delay_ms(1000);
		return;
	}
	/* ACPI 6.5 16.1.7: both types first, then both enables. */
	for (unsigned int go = 0; go < 2; go++) {
		pm1_sleep(&acpi_fadt.pm1a_control, acpi_fadt.s5_type_a, go);
		pm1_sleep(&acpi_fadt.pm1b_control, acpi_fadt.s5_type_b, go);
	}
	delay_ms(1000);
}

/* ACPI 6.5 4.8.3.6; a PCI address is bus 0: device << 32, function << 16. */
static void reset_by_register(void)
{
	const struct acpi_gas *r = &acpi_fadt.reset;
	const uint64_t a = r->address;

	if ((acpi_fadt.flags & ACPI_FADT_RESET_SUPPORTED) == 0 || a == 0) {
		return;
	}
	if (r->space == ACPI_SPACE_IO) {
		outb((uint16_t)a, acpi_fadt.reset_value);
	} else if (r->space == ACPI_SPACE_MEMORY && reset_memory != NULL) {
		*reset_memory = acpi_fadt.reset_value;
	} else if (r->space == ACPI_SPACE_PCI_CONFIG) {
		outl(PORT_PCI_ADDRESS,
		     0x80000000u | (uint32_t)((a >> 32 & 0x1f) << 11 |
					      (a >> 16 & 7) << 8 | (a & 0xfc)));
		outb((uint16_t)(PORT_PCI_DATA + (a & 3)),
		     acpi_fadt.reset_value);
	}
	delay_ms(100);
}

static void reset_by_chipset(void)
{
	outb(PORT_RESET_CONTROL, RESET_CONTROL_HARD);
	delay_ms(1);
	outb(PORT_RESET_CONTROL, RESET_CONTROL_GO);
	delay_ms(100);
}

static void reset_by_keyboard(void)
{
	for (unsigned int i = 0; i < 10; i++) {
		outb(PORT_KEYBOARD, KEYBOARD_PULSE_RESET);
		delay_ms(10);
	}
}

/* An exception with no IDT shuts the CPU down, which resets the machine
 * (SDM 3A 6.15, interrupt 8). */
static void noreturn reset_by_shutdown(void)
{
	const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) none = { 0, 0 };

	for (;;) {
		__asm__ volatile("lidt %0; int3" ::"m"(none));
	}
}

void acpi_reset(void)
{
	log_info("machine restarts\n");
	reset_by_register();
	reset_by_chipset();
	reset_by_keyboard();
	reset_by_shutdown();
}
