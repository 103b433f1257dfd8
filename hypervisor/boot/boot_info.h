/* SPDX-License-Identifier: MIT */
/*
 * What the boot loader told us, copied out of its structures at once: they lie
 * in memory that the service VM gets.
 */
#pragma once

#include "lib/types.h"

#define BOOT_MODULES_MAX 4
#define BOOT_RANGES_MAX 128
#define BOOT_CMDLINE_MAX 2048

enum boot_range_type { /* the numbers of the BIOS's E820 call */
	RANGE_RAM = 1,
	RANGE_RESERVED = 2,
	RANGE_ACPI = 3,
	RANGE_NVS = 4,
	RANGE_UNUSABLE = 5,
};

struct boot_range {
	uint64_t start;
	uint64_t size;
	uint32_t type;
};

struct boot_module {
	uint64_t start;
	uint64_t size;
};

/* The types of multiboot2 3.6.12. */
#define BOOT_FRAMEBUFFER_INDEXED 0
#define BOOT_FRAMEBUFFER_RGB 1
#define BOOT_FRAMEBUFFER_TEXT 2

struct boot_framebuffer {
	uint64_t base;
	uint32_t pitch;
	uint32_t width;
	uint32_t height;
	uint8_t bpp;
	uint8_t type; /* BOOT_FRAMEBUFFER_* */
	bool present;
};

struct boot_info {
	const char *loader; /* how we were started, for the log */
	char cmdline[BOOT_CMDLINE_MAX];
	char kernel_cmdline[BOOT_CMDLINE_MAX]; /* the first module's own */
	struct boot_module modules[BOOT_MODULES_MAX];
	unsigned int module_count;
	struct boot_range ranges[BOOT_RANGES_MAX]; /* sorted, disjoint */
	unsigned int range_count;
	uint64_t rsdp; /* maddr, 0 = scan for it */
	struct boot_framebuffer framebuffer;
};

extern struct boot_info boot_info;

/*
 * Each reads one protocol's structures through `at`, which turns a machine
 * address below 4 GiB into a pointer. False when they make no sense.
 */
typedef const void *(*boot_at_t)(uint64_t maddr);

bool multiboot1_read(struct boot_info *b, uint64_t info, boot_at_t at);
bool multiboot2_read(struct boot_info *b, uint64_t info, boot_at_t at);
bool pvh_read(struct boot_info *b, uint64_t info, boot_at_t at);

/* Adds to the memory map; ranges beyond the table's size are dropped. */
void boot_range_add(struct boot_info *b, uint64_t start, uint64_t size,
		    uint32_t type);
/* Sorts; where two ranges overlap the one that is not RAM wins. */
void boot_ranges_normalise(struct boot_info *b);
/* Copies a command line without leading spaces, cut at the buffer's size. */
void boot_cmdline_copy(char *dst, const char *src);
