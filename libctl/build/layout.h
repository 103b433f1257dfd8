/* SPDX-License-Identifier: MIT */
/*
 * Where things are in a guest's memory. Pure arithmetic.
 *
 *   0                       RAM, up to LAYOUT_LOW_MAX
 *   LAYOUT_ACPI             ACPI tables
 *   LAYOUT_SPECIAL          pages that guest and hypervisor or service VM share
 *   4 GiB                   the rest of the RAM
 */
#pragma once

#include <stdint.h>
#include <xen/xen.h>

#include <xen/arch-x86/hvm/start_info.h>

#include "svcvm/loader/elf.h"
#include "svcvm/loader/place.h"
#include "svcvm/loader/report.h"

#define LAYOUT_PAGE          UINT64_C(0x1000)
#define LAYOUT_LOW_MAX       UINT64_C(0xf0000000)
#define LAYOUT_ACPI          UINT64_C(0xfc000000)
#define LAYOUT_ACPI_SIZE     UINT64_C(0x2000)
#define LAYOUT_SPECIAL       UINT64_C(0xfeff8000)
#define LAYOUT_SPECIAL_PAGES 8u
#define LAYOUT_STORE_GFN     UINT64_C(0xfeffc)
#define LAYOUT_CONSOLE_GFN   UINT64_C(0xfefff)
#define LAYOUT_HIGH          UINT64_C(0x100000000)

/* Linux reads the tables that the start info names while only this much is
 * mapped. */
#define LAYOUT_START_LIMIT UINT64_C(0x40000000)

#define LAYOUT_MAP_MAX     4u

struct layout {
	struct range low;  /* RAM below 4 GiB */
	struct range high; /* RAM above; empty if there is none */
	struct hvm_memmap_table_entry map[LAYOUT_MAP_MAX];
	uint32_t map_count;
	struct place place; /* what of the RAM is still free */
};

/* Lays out `memory_kib`, of which whole pages count. `l` must stay where it
 * is. */
void layout_init(struct layout *l, uint64_t memory_kib);

/* All pages that the layout has memory for. */
uint64_t layout_pages(const struct layout *l);

/* Takes the kernel's place. -1 with the reason in `why` if it does not fit. */
int layout_take_kernel(struct layout *l, const struct elf_image *elf,
		       struct report *why);

/* Takes the highest free RAM of this size below `limit`, of whole pages. -1
 * with the reason in `why` if there is none. */
int layout_take(struct layout *l, uint64_t size, uint64_t limit,
		struct range *out, struct report *why);
