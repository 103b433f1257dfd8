/* SPDX-License-Identifier: MIT */
#pragma once

/* Received bytes go to core/console_input.h from now on. Without a serial port
 * nothing happens. */
void serial_console_init(void);
