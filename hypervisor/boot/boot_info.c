/* SPDX-License-Identifier: MIT */
/* What all boot protocols have in common. */
#include "boot/boot_info.h"

#include "lib/string.h"

struct boot_info boot_info;

void boot_range_add(struct boot_info *b, uint64_t start, uint64_t size,
		    uint32_t type)
{
	if (size != 0 && start + size > start && b->given.count < RANGES_MAX) {
		b->given.at[b->given.count++] =
			(struct range){ start, size, type };
	}
}

void boot_module_add(struct boot_info *b, uint64_t start, uint64_t end,
		     const char *cmdline)
{
	if (b->module_count == BOOT_MODULES_MAX || end <= start) {
		return;
	}
	if (b->module_count == 0 && cmdline != NULL) {
		boot_cmdline_copy(b->kernel_cmdline, cmdline);
	}
	b->modules[b->module_count++] =
		(struct boot_module){ start, end - start };
}

void boot_free_map(const struct boot_info *b, struct ranges *out)
{
	*out = b->map;
	for (unsigned int i = 0; i < b->module_count; i++) {
		const struct boot_module *m = &b->modules[i];
		const uint64_t start = align_down(m->start, PAGE_SIZE);

		ranges_set(out, start,
			   align_up(m->start + m->size, PAGE_SIZE) - start,
			   RANGE_TAKEN);
	}
}

void boot_cmdline_copy(char *dst, const char *src)
{
	while (*src == ' ') {
		src++;
	}

	const size_t len = min_u64(strlen(src), BOOT_CMDLINE_MAX - 1);

	memcpy(dst, src, len);
	dst[len] = '\0';
}
