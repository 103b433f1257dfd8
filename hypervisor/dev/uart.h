/* SPDX-License-Identifier: MIT */
/* A 16550 serial port: the log's first sink, and the service VM's console. */
#pragma once

#include "lib/types.h"

/* False when nothing answers at the port. 115200 baud, 8n1. */
bool uart_init(uint16_t port);
bool uart_is_present(void);
uint16_t uart_port(void);
void uart_write(const char *text, size_t len);
/* One received byte, or -1. */
int uart_read(void);
/* Receive interrupts on. */
void uart_enable_interrupt(void);
