/* SPDX-License-Identifier: MIT */
/* Runs code of other widths inside long mode (compatibility mode). */
#include "lib/mode.h"

#include "lib/cpu.h"

extern uint64_t gdt[];
void mode_enter(uint64_t selector, uint64_t offset,
		struct mode_registers *registers);

void mode_run_32(const void *code, struct mode_registers *registers)
{
	mode_enter(CODE_32, (uintptr_t)code, registers);
}

void mode_run_16(const void *code, struct mode_registers *registers)
{
	uint64_t base = (uintptr_t)code;

	gdt[CODE_16 / 8] = 0x00009b000000ffffull | (base & 0xffffff) << 16 |
			   (base >> 24 & 0xff) << 56;
	mode_enter(CODE_16, 0, registers);
}
