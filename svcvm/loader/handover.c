/* SPDX-License-Identifier: MIT */
#include "svcvm/loader/handover.h"

#include <stddef.h>
#include <string.h>

void handover_build(const struct inputs *in, struct range initramfs,
		    uint64_t gpa, struct handover *out)
{
	struct hvm_start_info *info = &out->start_info;
	const uint64_t size = range_size(initramfs);

	*info = in->start_info;
	info->nr_modules = size != 0 ? 1 : 0;
	info->modlist_paddr = gpa + offsetof(struct handover, initramfs);
	info->memmap_paddr = gpa + offsetof(struct handover, memmap);
	info->cmdline_paddr = gpa + offsetof(struct handover, cmdline);
	info->reserved = 0;

	out->initramfs = (struct hvm_modlist_entry){
		.paddr = size != 0 ? initramfs.start : 0,
		.size = size,
	};
	memcpy(out->memmap, in->memmap, sizeof(out->memmap));
	memcpy(out->cmdline, in->cmdline, sizeof(out->cmdline));
}
