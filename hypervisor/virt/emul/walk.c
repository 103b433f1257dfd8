/* SPDX-License-Identifier: MIT */
/*
 * The general guest page walk: every paging mode, rights, reserved bits,
 * accessed and dirty bits. AMD APM 2 chapter 5, Intel SDM 3A chapter 4.
 */
#include "virt/emul/walk.h"

#define CR0_WP         BIT(16)
#define CR0_PG         BIT(31)

#define CR4_PSE        BIT(4)
#define CR4_PAE        BIT(5)
#define CR4_LA57       BIT(12)
#define CR4_SMEP       BIT(20)
#define CR4_SMAP       BIT(21)

#define EFER_LMA       BIT(10)
#define EFER_NXE       BIT(11)

#define RFLAGS_AC      BIT(18)

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
#define ERROR_BITS     (WALK_WRITE | WALK_USER | WALK_FETCH)

#define MAX_LEVELS     5

/* How often a walk starts again because the guest changed an entry. */
#define MAX_TRIES 4

struct format {
	uint8_t levels;
	uint8_t index_bits;
	uint8_t entry_size;
	uint64_t root_mask; /* of CR3 */
};

enum { FORMAT_32, FORMAT_PAE, FORMAT_4, FORMAT_5 };

static const struct format formats[] = {
	[FORMAT_32] = { 2, 10, 4, 0xfffff000 },
	[FORMAT_PAE] = { 3, 9, 8, 0xffffffe0 },
	[FORMAT_4] = { 4, 9, 8, PTE_FRAME },
	[FORMAT_5] = { 5, 9, 8, PTE_FRAME },
};

struct step {
	gaddr_t at;
	uint64_t entry;
};

/* What one pass over the tables found. */
struct pass {
	const struct format *format;
	struct step steps[MAX_LEVELS]; /* by level, 0 holds the last table */
	unsigned int leaf;             /* level the walk ended at */
	uint64_t rights; /* PTE_WRITABLE and PTE_USER of all levels */
	bool is_nx;
};

static const struct format *format_of(const struct walk_guest *g)
{
	if (g->efer & EFER_LMA) {
		return &formats[g->cr4 & CR4_LA57 ? FORMAT_5 : FORMAT_4];
	}
	return &formats[g->cr4 & CR4_PAE ? FORMAT_PAE : FORMAT_32];
}

/* PAE's four top entries hold no rights and no accessed bit. */
static bool is_pdpte(const struct format *f, unsigned int level)
{
	return f == &formats[FORMAT_PAE] && level == 2;
}

static unsigned int level_shift(const struct format *f, unsigned int level)
{
	return PAGE_SHIFT + level * f->index_bits;
}

static bool may_be_large(const struct walk_guest *g, const struct format *f,
			 unsigned int level)
{
	switch (level) {
	case 1:
		return f != &formats[FORMAT_32] || (g->cr4 & CR4_PSE);
	case 2:
		return !is_pdpte(f, level) && g->has_1g_pages;
	default:
		return false;
	}
}

/* Where the entry's frame or table starts; PSE-36 puts bits 39:32 in 20:13. */
static uint64_t entry_base(const struct format *f, unsigned int level,
			   bool is_leaf, uint64_t entry)
{
	uint64_t base = entry & PTE_FRAME;

	if (!is_leaf) {
		return base;
	}
	base &= ~(BIT(level_shift(f, level)) - 1);
	if (f == &formats[FORMAT_32] && level == 1) {
		base |= (entry >> 13 & 0xff) << 32;
	}
	return base;
}

/*
 * | entry                 | reserved besides bits 51:address_bits            |
 * | 32-bit, 4 MiB         | 21, and of 20:13 what exceeds address_bits      |
 * | 8 bytes               | NX unless EFER.NXE; in PAE also 62:52           |
 * | 8 bytes, 2 MiB, 1 GiB | 20:13, 29:13                                    |
 * | above what can be one | 7 (in 32-bit tables without PSE it is ignored)  |
 * | PAE top level         | 2:1, 8:5, 63:52                                 |
 */
static bool has_reserved_bits(const struct walk_guest *g,
			      const struct format *f, unsigned int level,
			      bool is_leaf, uint64_t entry)
{
	uint64_t too_high = entry_base(f, level, is_leaf, entry);
	uint64_t reserved = 0;

	if (g->address_bits < 52 && too_high >> g->address_bits) {
		return true;
	}
	if (f == &formats[FORMAT_32]) {
		return is_leaf && level == 1 && (entry & BIT(21));
	}
	if (is_pdpte(f, level)) {
		return (entry & (0x1e6 | ~(BIT(52) - 1))) != 0;
	}
	if (!(g->efer & EFER_NXE)) {
		reserved |= PTE_NX;
	}
	if (f == &formats[FORMAT_PAE]) {
		reserved |= PTE_NX - BIT(52);
	}
	if (level > 0) {
		reserved |= is_leaf ? BIT(level_shift(f, level)) - BIT(13)
				    : PTE_LARGE;
	}
	return (entry & reserved) != 0;
}

static int read_entry(const struct walk_guest *g, struct pass *p,
		      unsigned int level, uint64_t table, uint64_t linear)
{
	const struct format *f = p->format;
	struct step *step = &p->steps[level];
	uint64_t index = linear >> level_shift(f, level);

	if (is_pdpte(f, level)) {
		index &= 3; /* the linear address has 32 bits */
		if (g->pdptes) {
			step->entry = g->pdptes[index];
			return 0;
		}
	} else {
		index &= BIT(f->index_bits) - 1;
	}
	step->at = gaddr(table + index * f->entry_size);
	return g->ops->read_pte(g->ctx, step->at, f->entry_size, &step->entry);
}

/* Follows the tables to the leaf. On WALK_FAULT, sets `*error` bits. */
static int follow(const struct walk_guest *g, uint64_t linear, struct pass *p,
		  uint64_t *error)
{
	const struct format *f = p->format;
	uint64_t table = g->cr3 & f->root_mask;

	for (unsigned int level = f->levels - 1u;; level--) {
		uint64_t entry;
		bool is_leaf;
		int err = read_entry(g, p, level, table, linear);

		if (err) {
			return err;
		}
		entry = p->steps[level].entry;
		if (!(entry & PTE_PRESENT)) {
			return WALK_FAULT;
		}
		*error = ERROR_PRESENT;
		is_leaf = level == 0 ||
			  ((entry & PTE_LARGE) && may_be_large(g, f, level));
		if (has_reserved_bits(g, f, level, is_leaf, entry)) {
			*error |= ERROR_RESERVED;
			return WALK_FAULT;
		}
		if (!is_pdpte(f, level)) {
			p->rights &= entry;
			p->is_nx |= f->entry_size == 8 && (entry & PTE_NX);
		}
		if (is_leaf) {
			p->leaf = level;
			return 0;
		}
		*error = 0;
		table = entry_base(f, level, false, entry);
	}
}

/* APM 2 5.6, SDM 3A 4.6.1. */
static bool is_allowed(const struct walk_guest *g, const struct pass *p,
		       uint64_t access)
{
	bool is_user_page = p->rights & PTE_USER;

	if (access & WALK_USER) {
		if (!is_user_page) {
			return false;
		}
	} else if (is_user_page) {
		if (access & WALK_FETCH) {
			if (g->cr4 & CR4_SMEP) {
				return false;
			}
		} else if ((g->cr4 & CR4_SMAP) && ((access & WALK_SYSTEM) ||
						   !(g->rflags & RFLAGS_AC))) {
			return false;
		}
	}
	if ((access & WALK_WRITE) && !(p->rights & PTE_WRITABLE)) {
		return !(access & WALK_USER) && !(g->cr0 & CR0_WP);
	}
	return !((access & WALK_FETCH) && p->is_nx);
}

/* Sets accessed and dirty bits, from the root down as hardware does. */
static int mark(const struct walk_guest *g, struct pass *p, uint64_t access)
{
	for (unsigned int level = p->format->levels; level-- > p->leaf;) {
		struct step *step = &p->steps[level];
		uint64_t marked = step->entry | PTE_ACCESSED;
		int err;

		if (is_pdpte(p->format, level)) {
			continue;
		}
		if (level == p->leaf && (access & WALK_WRITE)) {
			marked |= PTE_DIRTY;
		}
		if (marked == step->entry) {
			continue;
		}
		err = g->ops->cmpxchg_pte(g->ctx, step->at,
					  p->format->entry_size, step->entry,
					  marked);
		if (err) {
			return err;
		}
	}
	return 0;
}

static uint32_t error_code(const struct walk_guest *g, uint64_t access,
			   uint64_t error)
{
	bool has_nx = (g->efer & EFER_NXE) && (g->cr4 & CR4_PAE);

	error |= access & ERROR_BITS;
	if (!has_nx && !(g->cr4 & CR4_SMEP)) {
		/* APM 2 8.4.2: the fetch bit needs one of the two. */
		error &= ~WALK_FETCH;
	}
	return (uint32_t)error;
}

static int walk_once(const struct walk_guest *g, uint64_t linear,
		     uint64_t access, struct walk_result *out)
{
	struct pass p = { .format = format_of(g),
			  .rights = PTE_WRITABLE | PTE_USER };
	uint64_t error = 0;
	uint64_t offset_mask;
	int err = follow(g, linear, &p, &error);

	if (!err && !is_allowed(g, &p, access)) {
		err = WALK_FAULT;
	}
	if (err == WALK_FAULT) {
		out->error_code = error_code(g, access, error);
		return err;
	}
	if (!err) {
		err = mark(g, &p, access);
	}
	if (err) {
		return err;
	}

	out->page_shift = (uint8_t)level_shift(p.format, p.leaf);
	offset_mask = BIT(out->page_shift) - 1;
	out->gaddr = gaddr(
		entry_base(p.format, p.leaf, true, p.steps[p.leaf].entry) |
		(linear & offset_mask));
	return 0;
}

int walk_linear(const struct walk_guest *guest, uint64_t linear,
		uint64_t access, struct walk_result *out)
{
	int err = WALK_CHANGED;

	if (!(guest->cr0 & CR0_PG)) {
		*out = (struct walk_result){ .gaddr = gaddr((uint32_t)linear),
					     .page_shift = 32 };
		return 0;
	}
	for (int i = 0; i < MAX_TRIES && err == WALK_CHANGED; i++) {
		err = walk_once(guest, linear, access, out);
	}
	return err;
}
