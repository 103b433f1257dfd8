/* SPDX-License-Identifier: MIT */
/*
 * What the boot loader told us, copied out of its structures at once: they lie
 * in memory that the service VM gets.
 */
#pragma once

#include "boot/ranges.h"

#define BOOT_MODULES_MAX 4
#define BOOT_CMDLINE_MAX 2048

struct boot_module {
	uint64_t start;
	uint64_t size;
};

/* The types of multiboot2 3.6.12. */
#define BOOT_FRAMEBUFFER_INDEXED 0
#define BOOT_FRAMEBUFFER_TEXT    2

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
	struct ranges given; /* as the boot loader has it */
	struct ranges map;   /* the same in order: ranges_normalise() */
	uint64_t rsdp;       /* maddr, 0 = scan for it */
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

/* Adds to b->given; what does not fit is left out. */
void boot_range_add(struct boot_info *b, uint64_t start, uint64_t size,
		    uint32_t type);
/* Adds a module with its command line, if it is the first (may be NULL); what
 * is empty or too many is left out. */
void boot_module_add(struct boot_info *b, uint64_t start, uint64_t end,
		     const char *cmdline);
/* b->map with the modules marked as taken. */
void boot_free_map(const struct boot_info *b, struct ranges *out);
/* Copies a command line without leading spaces, cut at the buffer's size. */
void boot_cmdline_copy(char *dst, const char *src);
