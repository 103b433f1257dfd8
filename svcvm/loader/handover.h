/* SPDX-License-Identifier: MIT */
/*
 * The start info that the kernel gets, in one block with all of its tables.
 */
#pragma once

#include <stdint.h>
#include <xen/arch-x86/hvm/start_info.h>

#include "svcvm/loader/inputs.h"
#include "svcvm/loader/place.h"

/* Linux reads the module list and the memory map through page tables that map
 * the first GiB only. */
#define HANDOVER_LIMIT 0x40000000u

struct handover {
	struct hvm_start_info start_info;
	struct hvm_modlist_entry initramfs;
	struct hvm_memmap_table_entry memmap[INPUTS_MEMMAP_MAX];
	char cmdline[INPUTS_CMDLINE_SIZE];
};

/* Fills a block that is at `gpa` in guest memory. Cannot fail. */
void handover_build(const struct inputs *in, struct range initramfs,
		    uint64_t gpa, struct handover *out);
