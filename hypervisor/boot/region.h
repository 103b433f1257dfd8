/* SPDX-License-Identifier: MIT */
/*
 * Where the hypervisor lives: one range of RAM that holds its image, its frame
 * table and its heap, chosen before anything else.
 */
#pragma once

#include "boot/boot_info.h"
#include "mm/frames.h"

/* Bytes of memory that one page of the frame table describes. */
#define REGION_FRAMES_SPAN (PAGE_SIZE / sizeof(struct frame) * PAGE_SIZE)

struct boot_region {
	uint64_t start;       /* 2 MiB aligned, below 4 GiB */
	uint64_t size;        /* the hypervisor's */
	uint64_t hole_size;   /* from start on: RAM the service VM does not
				 see; what is above `size` is in the pool */
	uint64_t frame_count; /* frames to describe: up to the end of RAM */
};

/*
 * Chooses the region. False when there is no room for it. Pure.
 *
 * With enough memory the hole is a 128 MiB aligned block of low RAM that has RAM
 * above it: stock Linux 6.1 puts its first grant-table mappings into the lowest
 * such gap it finds, and without one here that would be the PCI window
 * (docs/memory.md).
 */
bool region_choose(const struct boot_info *b, uint64_t image_size,
		   struct boot_region *out);
