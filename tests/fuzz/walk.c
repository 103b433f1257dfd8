/* SPDX-License-Identifier: MIT */
/*
 * Walks over tables of any content end after a bounded number of reads, ask
 * only for whole entries, and never answer with an address out of range.
 */
#include <stdlib.h>
#include <string.h>

#include "virt/emul/walk.h"

#define MAX_READS (4 * 4) /* levels, and how often a walk starts again */

struct input {
	uint64_t cr0;
	uint64_t cr3;
	uint64_t cr4;
	uint64_t efer;
	uint64_t rflags;
	uint64_t linear;
	uint64_t access;
	uint8_t address_bits;
	uint8_t has_1g_pages;
};

static const uint8_t *entries;
static size_t entries_size;
static unsigned int reads;

int walk_read(void *ctx, gaddr_t at, size_t size, uint64_t *entry)
{
	(void)ctx;
	if (++reads > MAX_READS || (size != 4 && size != 8) || at.v % size ||
	    at.v >> 52) {
		abort();
	}
	if (entries_size < size) {
		return -1;
	}
	*entry = 0;
	memcpy(entry, entries + at.v % (entries_size - size + 1), size);
	return 0;
}

int walk_update(void *ctx, gaddr_t at, size_t size, uint64_t old, uint64_t new)
{
	(void)ctx;
	if ((old | new) != new || ((old ^ new) & ~UINT64_C(0x60)) != 0 ||
	    (size == 4 && new >> 32) || at.v % size) {
		abort();
	}
	return old % 3 == 0 ? WALK_CHANGED : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint32_t error;
	struct input in;
	struct walk_guest g;
	gaddr_t at;

	if (len < sizeof(in)) {
		return 0;
	}
	memcpy(&in, data, sizeof(in));
	g = (struct walk_guest){ .cr0 = in.cr0,
				 .cr3 = in.cr3,
				 .cr4 = in.cr4,
				 .efer = in.efer,
				 .rflags = in.rflags,
				 .address_bits = 32 + in.address_bits % 21,
				 .has_1g_pages = in.has_1g_pages & 1 };
	entries = data + sizeof(in);
	entries_size = len - sizeof(in);

	reads = 0;
	if (walk_linear(&g, in.linear, in.access, &at, &error) == 0 &&
	    at.v >> g.address_bits) {
		abort();
	}
	return 0;
}
