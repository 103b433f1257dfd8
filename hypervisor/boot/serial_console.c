/* SPDX-License-Identifier: MIT */
/* The UART's interrupt: COM1 is ISA interrupt 4. */
#include "boot/boot.h"

#include "core/ioapic.h"
#include "core/irq.h"
#include "core/log.h"
#include "dev/acpi_madt.h"
#include "dev/iommu.h"
#include "dev/uart.h"
#include "domain/event.h"

#define COM1_IRQ            4
#define BYTES_PER_INTERRUPT 64

static void received(unsigned int, void *)
{
	for (unsigned int i = 0; i < BYTES_PER_INTERRUPT; i++) {
		const int c = uart_read();

		if (c < 0) {
			break;
		}
		console_input_put((char)c);
	}
	irq_eoi();
}

static void tell_service_vm(void)
{
	event_virq_service(VIRQ_CONSOLE);
}

void serial_console_init(void)
{
	const struct acpi_isa_irq *irq = acpi_madt_isa_irq(COM1_IRQ);

	if (!uart_is_present()) {
		return;
	}

	const int vector = irq_vector_alloc(0, received, NULL);
	const struct iommu_irq q = { .vector = (uint8_t)vector,
				     .level = irq->level };

	if (vector < 0 || iommu_pin_set(irq->gsi, &q, irq->active_low) != 0) {
		log_warning("no interrupt for the serial port: no input\n");
		return;
	}
	console_input_hook = tell_service_vm;
	ioapic_unmask(irq->gsi);
	uart_enable_interrupt();
}
