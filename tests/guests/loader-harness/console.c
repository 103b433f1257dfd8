/* SPDX-License-Identifier: MIT */
/*
 * The loader's console on a machine without hypervisor: the serial port, and
 * QEMU's isa-debug-exit device for the end.
 */
#include "svcvm/loader/console.h"

#include <stdint.h>

#define SERIAL_PORT 0x3f8
#define EXIT_PORT   0xf4

static void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

void console_write(const char *text)
{
	while (*text != '\0') {
		out8(SERIAL_PORT, (uint8_t)*text++);
	}
}

void console_set_clock(uint64_t seconds)
{
	(void)seconds;
}

_Noreturn void console_crash(void)
{
	for (;;) {
		out8(EXIT_PORT, 1);
	}
}
