/* SPDX-License-Identifier: MIT */
/* PVH: the start info of the ABI's arch-x86/hvm/start_info.h. */
#include "abi/abi.h"
#include "boot/boot_info.h"

bool pvh_read(struct boot_info *b, uint64_t info, boot_at_t at)
{
	const struct hvm_start_info *s = at(info);

	b->loader = "PVH";
	if (s->magic != XEN_HVM_START_MAGIC_VALUE || s->version < 1) {
		return false;
	}
	if (s->cmdline_paddr != 0) {
		boot_cmdline_copy(b->cmdline, at(s->cmdline_paddr));
	}

	const struct hvm_modlist_entry *m = at(s->modlist_paddr);

	for (uint32_t i = 0; i < s->nr_modules; i++, m++) {
		boot_module_add(b, m->paddr, m->paddr + m->size,
				m->cmdline_paddr != 0 ? at(m->cmdline_paddr)
						      : NULL);
	}

	const struct hvm_memmap_table_entry *e = at(s->memmap_paddr);

	for (uint32_t i = 0; i < s->memmap_entries; i++, e++) {
		boot_range_add(b, e->addr, e->size, e->type);
	}
	b->rsdp = s->rsdp_paddr;
	return b->given.count > 0;
}
