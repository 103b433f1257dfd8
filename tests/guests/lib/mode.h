/* SPDX-License-Identifier: MIT */
/*
 * Runs code of other widths inside long mode (compatibility mode).
 *
 * The code gets EAX and EBX, may change ECX, EDX, ESI and EDI too, and leaves
 * with `ljmpl $0x18, $mode_return`.
 */
#pragma once

#include "lib/abi.h"

struct mode_registers {
	uint32_t a, b, c, d, si, di;
};

/* `code` is 32-bit code. */
void mode_run_32(const void *code, struct mode_registers *registers);

/* `code` is 16-bit code that fits in 64 KiB; it runs at offset 0. */
void mode_run_16(const void *code, struct mode_registers *registers);
