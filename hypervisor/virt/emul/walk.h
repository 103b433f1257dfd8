/* SPDX-License-Identifier: MIT */
/*
 * Guest page walk: linear address to guest-physical, as the guest's own
 * tables have it. Pure: entries are read and updated by whoever links this.
 *
 * A walk reads each level once and goes by what it read; a guest that changes
 * its tables meanwhile gets an old or a new answer, as from hardware.
 * Protection keys and shadow stacks are not looked at; guests have neither,
 * nor five levels.
 */
#pragma once

#include "lib/addr.h"

/* Access rights asked for, in the bits of the #PF error code (APM 2 8.4.2). */
#define WALK_WRITE   BIT(1)
#define WALK_USER    BIT(2)
#define WALK_FETCH   BIT(4)

#define WALK_FAULT   1 /* the guest gets a #PF */
#define WALK_CHANGED 2 /* the guest keeps changing these tables; try later */

struct walk_guest {
	void *ctx; /* for walk_read() and walk_update() */
	uint64_t cr0;
	uint64_t cr3;
	uint64_t cr4;
	uint64_t efer;
	uint64_t rflags;
	uint8_t address_bits; /* guest-physical; entries reserve the rest */
	bool has_1g_pages;
};

/*
 * Translates `linear` for `access`, a set of WALK_*, and sets accessed and
 * dirty bits. Canonical form is the caller's check. Returns 0, WALK_FAULT with
 * `*error_code` set, WALK_CHANGED, or a negative error of walk_read() or
 * walk_update().
 */
int walk_linear(const struct walk_guest *g, uint64_t linear, uint64_t access,
		gaddr_t *out, uint32_t *error_code);

/* Reads an entry of 4 or 8 bytes. Returns 0 or a negative error. */
int walk_read(void *ctx, gaddr_t at, size_t size, uint64_t *entry);

/*
 * Stores `new` if the entry still is `old`, else returns WALK_CHANGED. Returns
 * 0 or a negative error.
 */
int walk_update(void *ctx, gaddr_t at, size_t size, uint64_t old, uint64_t new);
