/* SPDX-License-Identifier: MIT */
/* National Semiconductor PC16550D data sheet, section 8. */
#include "dev/uart.h"

#include "arch/x86/asm.h"

enum {
	REG_DATA = 0,
	REG_INTERRUPT = 1,
	REG_FIFO = 2,
	REG_LINE = 3,
	REG_MODEM = 4,
	REG_STATUS = 5,
	REG_SCRATCH = 7,
};

#define STATUS_DATA        BIT(0)
#define STATUS_EMPTY       BIT(5)
#define LINE_8N1           0x03
#define LINE_DIVISOR       0x80
#define MODEM_DTR_RTS_OUT2 0x0b
#define TRANSMIT_TRIES     100000 /* a dead port must not stop the machine */

static uint16_t base;

bool uart_init(uint16_t port)
{
	outb(port + REG_SCRATCH, 0x5a);
	if (inb(port + REG_SCRATCH) != 0x5a) {
		return false;
	}
	outb(port + REG_INTERRUPT, 0);
	outb(port + REG_LINE, LINE_DIVISOR);
	outb(port + REG_DATA, 1);
	outb(port + REG_INTERRUPT, 0);
	outb(port + REG_LINE, LINE_8N1);
	outb(port + REG_FIFO, 0x07);
	outb(port + REG_MODEM, MODEM_DTR_RTS_OUT2);
	base = port;
	return true;
}

bool uart_is_present(void)
{
	return base != 0;
}

uint16_t uart_port(void)
{
	return base;
}

static void put(char c)
{
	unsigned int tries = TRANSMIT_TRIES;

	while ((inb(base + REG_STATUS) & STATUS_EMPTY) == 0 && tries-- > 0) {
		cpu_pause();
	}
	outb(base + REG_DATA, (uint8_t)c);
}

void uart_write(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n') {
			put('\r');
		}
		put(text[i]);
	}
}

int uart_read(void)
{
	if (base == 0 || (inb(base + REG_STATUS) & STATUS_DATA) == 0) {
		return -1;
	}
	return inb(base + REG_DATA);
}

void uart_enable_interrupt(void)
{
	outb(base + REG_INTERRUPT, 1);
}
