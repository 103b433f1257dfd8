/* SPDX-License-Identifier: MIT */
/* Multiboot2 2.0, section 3.6: boot information as a list of tags. */
#include "boot/boot_info.h"
#include "lib/string.h"

struct mb2_tag {
	uint32_t type;
	uint32_t size; /* with this header, without padding to 8 */
};

struct mb2_module {
	struct mb2_tag tag;
	uint32_t start;
	uint32_t end;
	char string[];
};

struct mb2_mmap_entry {
	uint64_t base;
	uint64_t length;
	uint32_t type;
	uint32_t reserved;
};

struct mb2_mmap {
	struct mb2_tag tag;
	uint32_t entry_size;
	uint32_t entry_version;
};

struct mb2_framebuffer {
	struct mb2_tag tag;
	uint64_t base;
	uint32_t pitch;
	uint32_t width;
	uint32_t height;
	uint8_t bpp;
	uint8_t type;
	uint16_t reserved;
} __attribute__((packed));

enum {
	TAG_END = 0,
	TAG_CMDLINE = 1,
	TAG_MODULE = 3,
	TAG_MMAP = 6,
	TAG_FRAMEBUFFER = 8,
	TAG_RSDP1 = 14,
	TAG_RSDP2 = 15,
};

static void read_mmap(struct boot_info *b, const struct mb2_mmap *map)
{
	if (map->entry_size < sizeof(struct mb2_mmap_entry)) {
		return;
	}
	const char *e = (const char *)(map + 1);
	const char *end = (const char *)map + map->tag.size;

	for (; e + map->entry_size <= end; e += map->entry_size) {
		struct mb2_mmap_entry entry;

		memcpy(&entry, e, sizeof(entry));
		boot_range_add(b, entry.base, entry.length, entry.type);
	}
}

static void read_framebuffer(struct boot_info *b,
			     const struct mb2_framebuffer *f)
{
	b->framebuffer = (struct boot_framebuffer){
		.base = f->base,
		.pitch = f->pitch,
		.width = f->width,
		.height = f->height,
		.bpp = f->bpp,
		.type = f->type,
		.present = true,
	};
}

bool multiboot2_read(struct boot_info *b, uint64_t info, boot_at_t at)
{
	const uint32_t total = *(const uint32_t *)at(info);
	uint32_t pos = 8;

	b->loader = "multiboot2";
	while (pos + sizeof(struct mb2_tag) <= total) {
		const struct mb2_tag *tag = at(info + pos);
		const struct mb2_module *m = (const void *)tag;

		if (tag->type == TAG_END || tag->size < sizeof(*tag)) {
			break;
		}
		switch (tag->type) {
		case TAG_CMDLINE:
			boot_cmdline_copy(b->cmdline, (const char *)(tag + 1));
			break;
		case TAG_MODULE:
			boot_module_add(b, m->start, m->end, m->string);
			break;
		case TAG_MMAP:
			read_mmap(b, (const void *)tag);
			break;
		case TAG_FRAMEBUFFER:
			read_framebuffer(b, (const void *)tag);
			break;
		case TAG_RSDP1:
			if (b->rsdp == 0) {
				b->rsdp = info + pos + sizeof(*tag);
			}
			break;
		case TAG_RSDP2:
			b->rsdp = info + pos + sizeof(*tag);
			break;
		default:
			break;
		}
		pos = (uint32_t)align_up(pos + tag->size, 8);
	}
	return b->given.count > 0;
}
