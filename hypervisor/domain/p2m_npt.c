/* SPDX-License-Identifier: MIT */
/*
 * AMD nested paging: ordinary long-mode entries, walked as a user access
 * (AMD APM 2, 15.25.5). Memory types come from the guest's own PAT.
 */
#include "domain/p2m.h"

#define NPT_PRESENT  BIT(0)
#define NPT_WRITE    BIT(1)
#define NPT_USER     BIT(2)
#define NPT_ACCESSED BIT(5)
#define NPT_DIRTY    BIT(6)
#define NPT_NX       BIT(63)

static uint64_t npt_leaf(enum p2m_type type, bool large)
{
	uint64_t bits = NPT_PRESENT | NPT_USER | NPT_ACCESSED | NPT_DIRTY;

	if (p2m_type_is_writable(type) || type == P2M_MMIO_DIRECT) {
		bits |= NPT_WRITE;
	}
	if (type == P2M_MMIO_DIRECT || type == P2M_GRANT_RO ||
	    type == P2M_GRANT_RW) {
		bits |= NPT_NX;
	}
	return bits | (large ? P2M_LARGE : 0);
}

const struct p2m_format p2m_format_npt = {
	.present = NPT_PRESENT,
	.table = NPT_PRESENT | NPT_WRITE | NPT_USER | NPT_ACCESSED,
	.leaf = npt_leaf,
};
