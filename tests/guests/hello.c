/* SPDX-License-Identifier: MIT */
/*
 * The smallest guest: it was entered by PVH, has a start info, prints with
 * console_io and powers off with SCHEDOP_shutdown.
 *
 * PVH promises 32-bit protected mode and EBX = hvm_start_info; the flags of a
 * service VM say so. A bug here stops every other guest, so look here first.
 */
#include "lib/cpu.h"
#include "lib/test.h"

void guest_main(void)
{
	unsigned bits = sizeof(long) * 8;
	uint32_t want = SIF_PRIVILEGED | SIF_INITDOMAIN;

	print("hello from a %u-bit guest, command line \"%s\"\n", bits,
	      command_line);
	if (on_peer()) {
		skip("memory map", "it gives start info version 0");
	} else {
		expect_eq("start info version", start_info->version, 1);
		expect(start_info->memmap_entries > 0, "memory map", "empty");
	}
	expect((start_info->flags & want) == want, "start info flags", "0x%x",
	       start_info->flags);
	expect(option("word", 0) == 7, "command line arrives", "\"%s\"",
	       command_line);
	expect(start_info->rsdp_paddr != 0, "ACPI tables", "no RSDP");
	expect((read_cr0() & 1) != 0, "protected mode", "CR0 0x%lx",
	       read_cr0());
}
