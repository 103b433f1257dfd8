/* SPDX-License-Identifier: MIT */
/*
 * A domain's guest-physical address space: gfn to mfn, type and access, in the
 * format of the CPU's nested tables.
 *
 * Look-ups take no lock: tables are changed by single 64-bit stores and freed
 * after a quiescent point. A looked-up mfn stays usable until the operation
 * ends. Changes take the p2m's lock themselves.
 */
#pragma once

#include "lib/addr.h"

struct domain;
struct iommu_space;

enum p2m_type {
	P2M_NONE,
	P2M_RAM_RW,
	P2M_RAM_RO,
	P2M_MMIO_DIRECT, /* a device's memory */
	P2M_FOREIGN,     /* another domain's frame, reference held */
	P2M_GRANT_RW,    /* granted frame, owned by the maptrack entry */
	P2M_GRANT_RO,
	P2M_SHARED,  /* a page of the hypervisor's: shared info, grant table */
	P2M_MMIO_DM, /* trapped, goes to the device model */
};

#define P2M_ORDER_4K 0
#define P2M_ORDER_2M 9
#define P2M_ORDER_1G 18

int p2m_init(struct domain *d) must_check;
/* Frees the tables; the domain's vCPUs do not run any more. */
void p2m_destroy(struct domain *d);

/*
 * Teardown, in bounded pieces; the domain's vCPUs never run again.
 *
 * p2m_take_some() takes out mappings from gfn *next on and says to `drop` what
 * they were; about `budget` frames or empty entries. True when none is left. No
 * TLB is flushed.
 * p2m_free_some() frees up to `budget` tables, when nobody can look up anything
 * any more; true when p2m_destroy() has only the root to free.
 */
bool p2m_take_some(struct domain *d, uint64_t *next, unsigned int budget,
		   void (*drop)(struct domain *d, mfn_t first, uint64_t count,
				enum p2m_type type)) must_check;
bool p2m_free_some(struct domain *d, unsigned int budget) must_check;

/* Boot, before anything is mapped: `s` follows, so that the domain's devices
 * reach what it reaches of memory, by gfn. Such a domain is never torn down.
 * Nothing changes for NULL. */
void p2m_set_dma(struct domain *d, struct iommu_space *s);
/* True when devices reach by gfn what the domain has mapped of others. */
bool p2m_has_dma(const struct domain *d);

/* MFN_NONE and P2M_NONE when nothing is mapped. `type` may be NULL. */
mfn_t p2m_lookup(struct domain *d, gfn_t g, enum p2m_type *type);
/* True when nothing is mapped in 2^order pages, aligned; 4 KiB or 2 MiB. */
bool p2m_is_empty(struct domain *d, gfn_t g, unsigned int order);

/*
 * Maps 2^order frames, aligned; what was there is replaced and the range is
 * flushed from all TLBs before return when something was. The caller settles
 * references of old and new frames. Errors: -XEN_ENOMEM (table memory),
 * -XEN_EINVAL (misaligned, beyond the address width).
 */
int p2m_map(struct domain *d, gfn_t g, mfn_t m, unsigned int order,
	    enum p2m_type type) must_check;
/* Splits larger mappings as needed. 0 or -XEN_ENOMEM. Flushes. */
int p2m_unmap(struct domain *d, gfn_t g, unsigned int order) must_check;

/* True when the frame may be read (written) by the domain's own accesses. */
static inline bool p2m_type_is_readable(enum p2m_type t)
{
	return t == P2M_RAM_RW || t == P2M_RAM_RO || t == P2M_FOREIGN ||
	       t == P2M_GRANT_RW || t == P2M_GRANT_RO || t == P2M_SHARED;
}

static inline bool p2m_type_is_writable(enum p2m_type t)
{
	return t == P2M_RAM_RW || t == P2M_FOREIGN || t == P2M_GRANT_RW ||
	       t == P2M_SHARED;
}

/* What the CPU is given as root of the nested tables. */
maddr_t p2m_root(const struct domain *d);

/*
 * Makes every translation of the domain that a TLB may hold disappear before
 * return: pCPUs in guest mode are made to leave it. Safe with locks held, since
 * a pCPU in guest mode holds none. Provided by domain/vcpu.c.
 */
void p2m_flush(struct domain *d);

/*
 * The nested tables' format. NPT and EPT agree on the geometry, on the address
 * field, on bit 7 as "large" and on ignoring bits 52..55, where the type is
 * kept; they differ in the low bits of an entry.
 */

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
