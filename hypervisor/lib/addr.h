/* SPDX-License-Identifier: MIT */
/*
 * Addresses and frame numbers as one-field structs, so that mixing a guest's
 * view (gaddr, gfn) with the machine's (maddr, mfn) does not compile.
 */
#pragma once

#include "lib/types.h"

typedef struct {
	uint64_t v;
} maddr_t; /* machine address */

typedef struct {
	uint64_t v;
} gaddr_t; /* guest-physical address */

typedef struct {
	uint64_t v;
} mfn_t; /* machine frame number */

typedef struct {
	uint64_t v;
} gfn_t; /* guest frame number */

#define MFN_NONE ((mfn_t){ ~UINT64_C(0) })
#define GFN_NONE ((gfn_t){ ~UINT64_C(0) })

static inline maddr_t maddr(uint64_t v)
{
	return (maddr_t){ v };
}

static inline gaddr_t gaddr(uint64_t v)
{
	return (gaddr_t){ v };
}

static inline mfn_t mfn(uint64_t v)
{
	return (mfn_t){ v };
}

static inline gfn_t gfn(uint64_t v)
{
	return (gfn_t){ v };
}

static inline mfn_t mfn_of(maddr_t a)
{
	return mfn(a.v >> PAGE_SHIFT);
}

static inline maddr_t maddr_of(mfn_t f)
{
	return maddr(f.v << PAGE_SHIFT);
}

static inline gfn_t gfn_of(gaddr_t a)
{
	return gfn(a.v >> PAGE_SHIFT);
}

static inline mfn_t mfn_add(mfn_t f, uint64_t n)
{
	return mfn(f.v + n);
}

static inline gfn_t gfn_add(gfn_t f, uint64_t n)
{
	return gfn(f.v + n);
}

static inline bool mfn_is_none(mfn_t f)
{
	return f.v == MFN_NONE.v;
}

static inline uint32_t page_offset(uint64_t address)
{
	return (uint32_t)(address & (PAGE_SIZE - 1));
}
