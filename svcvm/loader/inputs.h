/* SPDX-License-Identifier: MIT */
/*
 * What the hypervisor hands to the loader, copied out of its way.
 */
#pragma once

#include <stdint.h>
#include <xen/arch-x86/hvm/start_info.h>

#include "svcvm/loader/place.h"
#include "svcvm/loader/report.h"

/* Linux copies the memory map to a table of 128 without a check, and adds an
 * entry of its own. */
#define INPUTS_MEMMAP_MAX 127

/* With the final NUL. Linux keeps the first 2,047 characters. */
#define INPUTS_CMDLINE_SIZE 4096

struct inputs {
	struct hvm_start_info start_info;
	struct range image;
	struct range initramfs; /* empty if there is none */
	struct hvm_memmap_table_entry memmap[INPUTS_MEMMAP_MAX];
	char cmdline[INPUTS_CMDLINE_SIZE]; /* for the kernel */
};

/*
 * Reads the start info at `gpa` and all it points to, except for the modules'
 * contents. The kernel's command line is `words`, then the start info's own,
 * then the kernel module's, with spaces between those that are there. Returns
 * -XEN_EINVAL with the reason in `why` for what does not follow the contract in
 * loader.h.
 */
int inputs_read(uint64_t gpa, const char *words, struct inputs *out,
		struct report *why);
