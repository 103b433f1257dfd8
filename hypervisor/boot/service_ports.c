/* SPDX-License-Identifier: MIT */
#include "boot/boot.h"

#include "arch/x86/hooks.h"
#include "dev/acpi_power.h"
#include "dev/pci.h"
#include "dev/uart.h"
#include "virt/vdev/claim.h"
#include "virt/virt.h"

#define PM1_SLEEP_ENABLE  (1u << 13)
#define PM1_SLEEP_TYPE(v) ((v) >> 10 & 7u)
#define KEYBOARD_COMMAND  0x64
#define KEYBOARD_RESET    0xfe

struct port_range {
	uint16_t first;
	uint16_t count;
};

/* Ours: interrupt controllers, timer, its gate, PCI configuration. */
static const struct port_range kept[] = {
	{ 0x20, 2 }, { 0xa0, 2 },  { 0x40, 4 },
	{ 0x61, 1 }, { 0x4d0, 2 }, { 0xcf8, 8 },
};

/* `context` is the first port of the claim. */
static uint16_t port_of(const void *context, uint64_t offset)
{
	return (uint16_t)((uintptr_t)context + offset);
}

static uint64_t pass_read(void *context, struct vcpu *, uint64_t offset,
			  unsigned int size)
{
	return pci_port_read(port_of(context, offset), size);
}

static void pm1_write(void *context, struct vcpu *v, uint64_t offset,
		      unsigned int size, uint64_t value)
{
	if (offset != 0 || size < 2 || (value & PM1_SLEEP_ENABLE) == 0) {
		pci_port_write(port_of(context, offset), size, (uint32_t)value);
		return;
	}
	if (acpi_power.has_s5 &&
	    PM1_SLEEP_TYPE(value) == acpi_power.s5_type[0]) {
		domain_shutdown(v->domain, SHUTDOWN_poweroff);
		return;
	}
	log_warning("service VM asks for sleep type %u, which is not "
		    "supported\n",
		    (unsigned int)PM1_SLEEP_TYPE(value));
}

static void keyboard_write(void *context, struct vcpu *v, uint64_t offset,
			   unsigned int size, uint64_t value)
{
	if ((value & 0xff) == KEYBOARD_RESET) {
		domain_shutdown(v->domain, SHUTDOWN_reboot);
		return;
	}
	pci_port_write(port_of(context, offset), size, (uint32_t)value);
}

static void reset_write(void *context, struct vcpu *v, uint64_t offset,
			unsigned int size, uint64_t value)
{
	if ((uint8_t)value == acpi_power.reset_value) {
		domain_shutdown(v->domain, SHUTDOWN_reboot);
		return;
	}
	pci_port_write(port_of(context, offset), size, (uint32_t)value);
}

static const struct claim_ops pm1_ops = { pass_read, pm1_write };
static const struct claim_ops keyboard_ops = { pass_read, keyboard_write };
static const struct claim_ops reset_ops = { pass_read, reset_write };

static void trap(struct domain *d, uint16_t first, uint32_t count, bool on)
{
	if (virt->trap_ports(d, first, count, on) != 0) {
		panic("no memory for the service VM's port map\n");
	}
}

static void claim(struct domain *d, uint64_t port, uint32_t count,
		  const struct claim_ops *ops)
{
	if (port == 0 || port > 0xffff) {
		return;
	}
	trap(d, (uint16_t)port, count, true);
	if (pio_add(d, (uint16_t)port, count, ops, (void *)(uintptr_t)port) !=
	    0) {
		log_warning("service VM: ports %#lx are in use already\n",
			    port);
	}
}

void service_ports_init(struct domain *d)
{
	trap(d, 0, 0x10000, false);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		trap(d, kept[i].first, kept[i].count, true);
	}
	if (uart_is_present()) {
		trap(d, uart_port(), 8, true);
	}
	claim(d, KEYBOARD_COMMAND, 1, &keyboard_ops);
	claim(d, acpi_power.pm1_control[0], 2, &pm1_ops);
	/* 0xcf9 is virt/vdev/vpci.c's. */
	if (acpi_power.reset_port != 0xcf9) {
		claim(d, acpi_power.reset_port, 1, &reset_ops);
	}
}
