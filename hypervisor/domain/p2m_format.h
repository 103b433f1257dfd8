/* SPDX-License-Identifier: MIT */
/*
 * The nested tables' format. NPT and EPT agree on the geometry, on the address
 * field, on bit 7 as "large" and on ignoring bits 52..55, where the type is
 * kept; they differ in the low bits of an entry.
 */
#pragma once

#include "domain/p2m.h"

#define P2M_ADDR       UINT64_C(0x000ffffffffff000)
#define P2M_LARGE      BIT(7)
#define P2M_TYPE_SHIFT 52

struct p2m_format {
	uint64_t present; /* an entry is present when any of these is set */
	uint64_t table;   /* low bits of an entry that points at a table */
	/* Low and high bits of a leaf for that type of memory. */
	uint64_t (*leaf)(enum p2m_type type, bool large);
};

/* The CPU's; set once at boot, before the first domain. */
extern const struct p2m_format *p2m_format;

extern const struct p2m_format p2m_format_npt;
