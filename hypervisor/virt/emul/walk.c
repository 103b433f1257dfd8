/* SPDX-License-Identifier: MIT */
/*
 * The guest page walk: every paging mode, rights, reserved bits, accessed and
 * dirty bits. AMD APM 2 chapter 5, Intel SDM 3A chapter 4.
 */
#include "virt/emul/walk.h"

#include "arch/x86/regs.h"

#define CR4_PSE        BIT(4)

#define PTE_PRESENT    BIT(0)
#define PTE_WRITABLE   BIT(1)
#define PTE_USER       BIT(2)
#define PTE_ACCESSED   BIT(5)
#define PTE_DIRTY      BIT(6)
#define PTE_LARGE      BIT(7)
#define PTE_NX         BIT(63)
#define PTE_FRAME      (BIT(52) - PAGE_SIZE)

#define ERROR_PRESENT  BIT(0)
#define ERROR_RESERVED BIT(3)

/* How often a walk starts again because the guest changed an entry. */
#define MAX_TRIES 4

struct format {
	unsigned int index_bits;
	unsigned int entry_size;
	unsigned int top_shift; /* of the linear address */
	uint64_t root_mask;     /* of CR3 */
};

static const struct format format_32 = { 10, 4, 22, 0xfffff000 };
static const struct format format_pae = { 9, 8, 30, 0xffffffe0 };
static const struct format format_64 = { 9, 8, 39, PTE_FRAME };

static const struct format *format_of(const struct walk_guest *g)
{
	if (g->efer & EFER_LMA) {
		return &format_64;
	}
	return g->cr4 & CR4_PAE ? &format_pae : &format_32;
}

static bool may_be_large(const struct walk_guest *g, unsigned int shift)
{
	switch (shift) {
	case 21:
		return true;
	case 22:
		return g->cr4 & CR4_PSE;
	case 30:
		return g->has_1g_pages;
	default:
		return false;
	}
}

/* Where the entry's frame or table starts; PSE-36 puts bits 39:32 in 20:13. */
static uint64_t entry_base(uint64_t entry, unsigned int shift, bool is_leaf)
{
	uint64_t base = entry & PTE_FRAME;

	if (!is_leaf) {
		return base;
	}
	base &= ~(BIT(shift) - 1);
	return shift == 22 ? base | (entry >> 13 & 0xff) << 32 : base;
}

/*
 * | entry                 | reserved besides bits 51:address_bits            |
 * | 32-bit, 4 MiB         | 21, and of 20:13 what exceeds address_bits      |
 * | 8 bytes               | NX unless EFER.NXE; in PAE also 62:52           |
 * | 8 bytes, 2 MiB, 1 GiB | 20:13, 29:13                                    |
 * | above what can be one | 7 (in 32-bit tables without PSE it is ignored)  |
 */
static bool has_reserved_bits(const struct walk_guest *g,
			      const struct format *f, unsigned int shift,
			      bool is_leaf, uint64_t entry)
{
	uint64_t reserved = 0;

	if (entry_base(entry, shift, is_leaf) >> g->address_bits) {
		return true;
	}
	if (f == &format_32) {
		return is_leaf && shift == 22 && (entry & BIT(21));
	}
	if (!(g->efer & EFER_NXE)) {
		reserved |= PTE_NX;
	}
	if (f == &format_pae) {
		reserved |= PTE_NX - BIT(52);
	}
	if (shift > PAGE_SHIFT) {
		reserved |= is_leaf ? BIT(shift) - BIT(13) : PTE_LARGE;
	}
	return (entry & reserved) != 0;
}

/* `rights` is what all levels allow, and NX if one has it. APM 2 5.6. */
static bool is_allowed(const struct walk_guest *g, uint64_t rights,
		       uint64_t access)
{
	const bool is_user_page = rights & PTE_USER;

	if (access & WALK_USER) {
		if (!is_user_page) {
			return false;
		}
	} else if (is_user_page && (access & WALK_FETCH)) {
		if (g->cr4 & CR4_SMEP) {
			return false;
		}
	} else if (is_user_page && (g->cr4 & CR4_SMAP)) {
		if (!(g->rflags & RFLAGS_AC)) {
			return false;
		}
	}
	if ((access & WALK_WRITE) && !(rights & PTE_WRITABLE)) {
		return !(access & WALK_USER) && !(g->cr0 & CR0_WP);
	}
	return !((access & WALK_FETCH) && (rights & PTE_NX));
}

static int mark(const struct walk_guest *g, const struct format *f, gaddr_t at,
		uint64_t entry, uint64_t bits)
{
	if ((entry & bits) == bits) {
		return 0;
	}
	return walk_update(g->ctx, at, f->entry_size, entry, entry | bits);
}

/* Follows the tables. On WALK_FAULT `*error` has what no access asks for. */
static int follow(const struct walk_guest *g, uint64_t linear, uint64_t access,
		  gaddr_t *out, uint64_t *error)
{
	const struct format *f = format_of(g);
	uint64_t table = g->cr3 & f->root_mask;
	uint64_t rights = PTE_WRITABLE | PTE_USER;

	for (unsigned int shift = f->top_shift;; shift -= f->index_bits) {
		/* PAE's four top entries hold no rights, no accessed bit. */
		const bool is_pdpte = f == &format_pae && shift == 30;
		const uint64_t last = is_pdpte ? 3 : BIT(f->index_bits) - 1;
		const uint64_t index = linear >> shift & last;
		const gaddr_t at = gaddr(table + index * f->entry_size);
		uint64_t entry;
		bool is_leaf;
		int err = walk_read(g->ctx, at, f->entry_size, &entry);

		if (err) {
			return err;
		}
		*error = entry & ERROR_PRESENT;
		if (!(entry & PTE_PRESENT)) {
			return WALK_FAULT;
		}
		if (is_pdpte) {
			table = entry & PTE_FRAME;
			continue;
		}

		is_leaf = shift == PAGE_SHIFT ||
			  ((entry & PTE_LARGE) && may_be_large(g, shift));
		if (has_reserved_bits(g, f, shift, is_leaf, entry)) {
			*error |= ERROR_RESERVED;
			return WALK_FAULT;
		}
		rights = (rights & entry) | ((rights | entry) & PTE_NX);
		if (is_leaf && !is_allowed(g, rights, access)) {
			return WALK_FAULT;
		}
		err = mark(g, f, at, entry,
			   is_leaf && (access & WALK_WRITE)
				   ? PTE_ACCESSED | PTE_DIRTY
				   : PTE_ACCESSED);
		if (err) {
			return err;
		}
		table = entry_base(entry, shift, is_leaf);
		if (is_leaf) {
			*out = gaddr(table | (linear & (BIT(shift) - 1)));
			return 0;
		}
	}
}

int walk_linear(const struct walk_guest *g, uint64_t linear, uint64_t access,
		gaddr_t *out, uint32_t *error_code)
{
	const bool has_nx = (g->efer & EFER_NXE) && (g->cr4 & CR4_PAE);
	uint64_t error = 0;
	int err = WALK_CHANGED;

	if (!(g->cr0 & CR0_PG)) {
		*out = gaddr((uint32_t)linear);
		return 0;
	}
	for (int i = 0; i < MAX_TRIES && err == WALK_CHANGED; i++) {
		err = follow(g, linear, access, out, &error);
	}
	if (!has_nx && !(g->cr4 & CR4_SMEP)) {
		/* APM 2 8.4.2: the fetch bit needs one of the two. */
		access &= ~WALK_FETCH;
	}
	*error_code = (uint32_t)(error | access);
	return err;
}
