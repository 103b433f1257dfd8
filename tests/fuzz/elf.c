/* SPDX-License-Identifier: MIT */
/*
 * Any file is read without harm, and what is accepted keeps the promises of
 * elf_read(): segments in the file, apart in memory, and the entry in one.
 */
#include "svcvm/loader/elf.h"

#include <stdlib.h>

static void check(bool good)
{
	if (!good) {
		abort();
	}
}

static void check_segment(const struct bytes *file,
			  const struct elf_image *image, uint32_t i)
{
	const struct elf_segment *s = &image->segments[i];

	check(bytes_hold(file, s->offset, s->file_size));
	check(s->memory_size >= s->file_size && s->memory_size > 0);
	check(s->paddr + s->memory_size > s->paddr);
	for (uint32_t j = 0; j < i; j++) {
		const struct elf_segment *o = &image->segments[j];

		check(s->paddr >= o->paddr + o->memory_size ||
		      o->paddr >= s->paddr + s->memory_size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes file = { data, size };
	struct elf_image image;
	struct report why = { "" };
	bool entry_found = false;

	if (elf_read(&file, &image, &why) != 0) {
		check(why.text[0] != '\0');
		return 0;
	}
	for (uint32_t i = 0; i < image.segment_count; i++) {
		check_segment(&file, &image, i);
		entry_found |= image.entry - image.segments[i].paddr <
			       image.segments[i].memory_size;
	}
	check(entry_found);
	return 0;
}
