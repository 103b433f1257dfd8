/* SPDX-License-Identifier: MIT */
/*
 * Guest page walk: linear address to guest-physical, as the guest's own
 * tables have it. Pure: entries are read and updated through `walk_ops`.
 *
 * A walk reads each level once and goes by what it read; a guest that changes
 * its tables meanwhile gets an old or a new answer, as from hardware.
 * Protection keys and shadow stacks are not looked at.
 */
#pragma once

#include "lib/addr.h"

/* Access rights asked for, in the bits of the #PF error code (APM 2 8.4.2). */
#define WALK_WRITE BIT(1)
#define WALK_USER  BIT(2)
#define WALK_FETCH BIT(4)
/* Not in the error code: descriptor tables and the like; SMAP ignores AC. */
#define WALK_SYSTEM  BIT(16)

#define WALK_FAULT   1 /* the guest gets a #PF */
#define WALK_CHANGED 2 /* the guest keeps changing these tables; try later */

struct walk_ops {
	/* Reads an entry of 4 or 8 bytes. Returns 0 or a negative error. */
	int (*read_pte)(void *ctx, gaddr_t at, size_t size, uint64_t *entry);
	/*
	 * Stores `new` if the entry still is `old`, else returns
	 * WALK_CHANGED. Returns 0 or a negative error.
	 */
	int (*cmpxchg_pte)(void *ctx, gaddr_t at, size_t size, uint64_t old,
			   uint64_t new);
};

struct walk_guest {
	const struct walk_ops *ops;
	void *ctx;
	uint64_t cr0;
	uint64_t cr3;
	uint64_t cr4;
	uint64_t efer;
	uint64_t rflags;
	const uint64_t *pdptes; /* PAE: loaded with CR3; NULL: read by walk */
	uint8_t address_bits;   /* guest-physical; entries reserve the rest */
	bool has_1g_pages;
};

struct walk_result {
	gaddr_t gaddr;
	uint32_t error_code; /* when the walk returned WALK_FAULT */
	uint8_t page_shift;  /* 12, 21, 22 or 30; 32 without paging */
};

/*
 * Translates `linear` for `access`, a set of WALK_*, and sets accessed and
 * dirty bits on success. Canonical form is the caller's check. Returns 0,
 * WALK_FAULT, WALK_CHANGED, or a negative error of an accessor.
 */
int walk_linear(const struct walk_guest *guest, uint64_t linear,
		uint64_t access, struct walk_result *out);

/*
 * Where the instruction at `linear` lies, for a guest with 4-level paging
 * that has just executed it: the CPU checked rights and set accessed bits.
 * Returns 0, WALK_FAULT if an entry has gone since (run the guest again), or
 * a negative error of `read_pte`. Inline: a constant `read_pte` gets inlined.
 */
static inline int walk_fetch_64(int (*read_pte)(void *ctx, gaddr_t at,
						size_t size, uint64_t *entry),
				void *ctx, uint64_t cr3, uint64_t linear,
				gaddr_t *out)
{
	const uint64_t frame_mask = BIT(52) - PAGE_SIZE;
	const uint64_t present = BIT(0);
	const uint64_t large = BIT(7);
	uint64_t entry = cr3;
	uint64_t page_mask;
	unsigned int shift;

#pragma GCC unroll 4
	for (shift = 39; shift >= PAGE_SHIFT; shift -= 9) {
		uint64_t offset = linear >> (shift - 3) & 0xff8;
		int err = read_pte(ctx, gaddr((entry & frame_mask) | offset), 8,
				   &entry);

		if (unlikely(err)) {
			return err;
		}
		if (shift == PAGE_SHIFT ||
		    (entry & (present | large)) != present) {
			break;
		}
	}
	if (unlikely(!(entry & present))) {
		return WALK_FAULT;
	}

	page_mask = BIT(shift) - 1;
	*out = gaddr((entry & frame_mask & ~page_mask) | (linear & page_mask));
	return 0;
}
