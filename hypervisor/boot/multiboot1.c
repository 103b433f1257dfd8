/* SPDX-License-Identifier: MIT */
/* Multiboot 0.6.96, section 3.3: the information structure. */
#include "boot/boot_info.h"

struct mb1_info {
	uint32_t flags;
	uint32_t mem_lower;
	uint32_t mem_upper;
	uint32_t boot_device;
	uint32_t cmdline;
	uint32_t mods_count;
	uint32_t mods_addr;
	uint32_t syms[4];
	uint32_t mmap_length;
	uint32_t mmap_addr;
};

struct mb1_module {
	uint32_t start;
	uint32_t end;
	uint32_t string;
	uint32_t reserved;
};

struct mb1_mmap {
	uint32_t size; /* of what follows this field */
	uint32_t base_low;
	uint32_t base_high;
	uint32_t length_low;
	uint32_t length_high;
	uint32_t type;
};

#define MB1_CMDLINE BIT(2)
#define MB1_MODULES BIT(3)
#define MB1_MMAP    BIT(6)

/* "FILE ARGUMENTS", as QEMU gives it: the file's name is not an argument. */
static const char *arguments_of(const char *line)
{
	while (*line != '\0' && *line != ' ') {
		line++;
	}
	return line;
}

static void read_modules(struct boot_info *b, const struct mb1_info *info,
			 boot_at_t at)
{
	const struct mb1_module *m = at(info->mods_addr);

	for (uint32_t i = 0; i < info->mods_count; i++, m++) {
		boot_module_add(b, m->start, m->end,
				m->string != 0 ? arguments_of(at(m->string))
					       : NULL);
	}
}

bool multiboot1_read(struct boot_info *b, uint64_t info_addr, boot_at_t at)
{
	const struct mb1_info *info = at(info_addr);

	b->loader = "multiboot1";
	if ((info->flags & MB1_MMAP) == 0) {
		return false;
	}
	if ((info->flags & MB1_CMDLINE) != 0) {
		boot_cmdline_copy(b->cmdline, arguments_of(at(info->cmdline)));
	}
	if ((info->flags & MB1_MODULES) != 0) {
		read_modules(b, info, at);
	}
	for (uint32_t pos = 0;
	     pos + sizeof(struct mb1_mmap) <= info->mmap_length;) {
		const struct mb1_mmap *e = at(info->mmap_addr + pos);

		boot_range_add(b, (uint64_t)e->base_high << 32 | e->base_low,
			       (uint64_t)e->length_high << 32 | e->length_low,
			       e->type);
		pos += e->size + 4;
	}
	return true;
}
