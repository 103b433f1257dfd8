/* SPDX-License-Identifier: MIT */
/*
 * Guest frame to machine frame. Four levels; leaves at 4 KiB, 2 MiB, 1 GiB.
 *
 * Entries change by single 64-bit stores under the lock; look-ups run beside
 * them without it. A table that was unlinked stays readable until every pCPU
 * has passed a quiescent point.
 */
#include "domain/p2m.h"

#include "arch/x86/features.h"
#include "arch/x86/hooks.h"
#include "dev/iommu.h"
#include "domain/domain.h"
#include "mm/heap.h"

#define LEVELS  4
#define ENTRIES 512

struct p2m {
	struct spinlock lock; /* LOCK_P2M */
	uint64_t *root;       /* (o) */
	uint64_t root_entry;  /* (o) its machine address */
	uint64_t delta;       /* (o) from a table's machine address to ours */
	struct iommu_space *dma; /* (o) what its devices see, or NULL */
	uint32_t dead_count;     /* atomic: unlinked subtrees not freed yet */

	/* A large page that p2m_take_some() has dropped in part. */
	mfn_t rest;              /* (l) */
	uint64_t rest_count;     /* (l) */
	enum p2m_type rest_type; /* (l) */
};

const struct p2m_format *p2m_format;

static unsigned int index_at(gfn_t g, unsigned int level)
{
	return (g.v >> (9 * (level - 1))) & (ENTRIES - 1);
}

static bool is_present(uint64_t e)
{
	return (e & p2m_format->present) != 0;
}

/* Level 1 entries are leaves whatever bit 7 says. */
static bool is_leaf(uint64_t e, unsigned int level)
{
	return level == 1 || (e & P2M_LARGE) != 0;
}

static uint64_t *table_of(const struct p2m *p, uint64_t e)
{
	return (uint64_t *)(uintptr_t)((e & P2M_ADDR) + p->delta);
}

static uint64_t load(const uint64_t *e)
{
	return load_acquire(e);
}

static void store(uint64_t *e, uint64_t v)
{
	store_release(e, v);
}

static uint64_t make_leaf(mfn_t m, enum p2m_type type, unsigned int level)
{
	return maddr_of(m).v | p2m_format->leaf(type, level > 1) |
	       (uint64_t)type << P2M_TYPE_SHIFT;
}

static enum p2m_type type_of(uint64_t leaf)
{
	return (leaf >> P2M_TYPE_SHIFT) & 0xf;
}

int p2m_init(struct domain *d)
{
	struct p2m *p = heap_alloc(sizeof(*p));

	if (p == NULL) {
		return -XEN_ENOMEM;
	}
	spinlock_init(&p->lock, LOCK_P2M);
	p->root = domain_alloc_page(d);
	if (p->root == NULL) {
		heap_free(p, sizeof(*p));
		return -XEN_ENOMEM;
	}
	p->root_entry = virt_to_maddr(p->root).v;
	p->delta = (uintptr_t)p->root - p->root_entry;
	d->p2m = p;
	return 0;
}

static void free_tables(struct domain *d, uint64_t *table, unsigned int level)
{
	for (unsigned int i = 0; level > 1 && i < ENTRIES; i++) {
		if (is_present(table[i]) && !is_leaf(table[i], level)) {
			free_tables(d, table_of(d->p2m, table[i]), level - 1);
		}
	}
	domain_free_page(d, table);
}

void p2m_destroy(struct domain *d)
{
	if (d->p2m != NULL) {
		free_tables(d, d->p2m->root, LEVELS);
		heap_free(d->p2m, sizeof(*d->p2m));
		d->p2m = NULL;
	}
}

void p2m_set_dma(struct domain *d, struct iommu_space *s)
{
	d->p2m->dma = s;
}

bool p2m_has_dma(const struct domain *d)
{
	return d->p2m->dma != NULL;
}

maddr_t p2m_root(const struct domain *d)
{
	return virt_to_maddr(d->p2m->root);
}

mfn_t p2m_lookup(struct domain *d, gfn_t g, enum p2m_type *type)
{
	const struct p2m *p = d->p2m;
	const uint64_t present = p2m_format->present;
	uint64_t e = p->root_entry;

	if (type != NULL) {
		*type = P2M_NONE;
	}
	if (g.v >> (9 * LEVELS) != 0) {
		return MFN_NONE;
	}
#pragma GCC unroll 4
	for (unsigned int level = LEVELS; level >= 1; level--) {
		e = load(&table_of(p, e)[index_at(g, level)]);
		if ((e & present) == 0) {
			return MFN_NONE;
		}
		if (is_leaf(e, level)) {
			const uint64_t inside =
				g.v & (BIT(9 * (level - 1)) - 1);

			if (type != NULL) {
				*type = type_of(e);
			}
			return mfn(((e & P2M_ADDR) >> PAGE_SHIFT) + inside);
		}
	}
	return MFN_NONE;
}

bool p2m_is_empty(struct domain *d, gfn_t g, unsigned int order)
{
	const struct p2m *p = d->p2m;
	uint64_t e = p->root_entry;

	for (unsigned int level = LEVELS; level > order / 9; level--) {
		e = load(&table_of(p, e)[index_at(g, level)]);
		if (!is_present(e)) {
			return true;
		}
		if (is_leaf(e, level)) {
			return false;
		}
	}
	for (unsigned int i = 0; i < ENTRIES; i++) {
		if (is_present(load(&table_of(p, e)[i]))) {
			return false;
		}
	}
	return true;
}

/* Replaces a large leaf by a table of smaller ones that say the same. */
static int split_locked(struct domain *d, uint64_t *e, unsigned int level)
{
	const uint64_t old = *e;
	const enum p2m_type type = type_of(old);
	uint64_t *table = domain_alloc_page(d);

	if (table == NULL) {
		return -XEN_ENOMEM;
	}

	const uint64_t first = (old & P2M_ADDR) >> PAGE_SHIFT;
	const uint64_t step = BIT(9 * (level - 2));

	for (unsigned int i = 0; i < ENTRIES; i++) {
		table[i] = make_leaf(mfn(first + i * step), type, level - 1);
	}
	store(e, virt_to_maddr(table).v | p2m_format->table);
	return 0;
}

/* The entry for `g` at `level`, made on the way where `make`; NULL in *out when
 * nothing is mapped there and `make` is false. */
static int descend_locked(struct domain *d, gfn_t g, unsigned int level,
			  bool make, uint64_t **out)
{
	uint64_t *table = d->p2m->root;

	*out = NULL;
	for (unsigned int l = LEVELS; l > level; l--) {
		uint64_t *e = &table[index_at(g, l)];

		if (!is_present(*e)) {
			uint64_t *next = make ? domain_alloc_page(d) : NULL;

			if (next == NULL) {
				return make ? -XEN_ENOMEM : 0;
			}
			store(e, virt_to_maddr(next).v | p2m_format->table);
		} else if (is_leaf(*e, l)) {
			const int err = split_locked(d, e, l);

			if (err != 0) {
				return err;
			}
		}
		table = table_of(d->p2m, *e);
	}
	*out = &table[index_at(g, level)];
	return 0;
}

static bool order_ok(gfn_t g, unsigned int order, unsigned int *level)
{
	if (order != P2M_ORDER_4K && order != P2M_ORDER_2M &&
	    order != P2M_ORDER_1G) {
		return false;
	}
	*level = order / 9 + 1;
	return (g.v & (BIT(order) - 1)) == 0 &&
	       range_ok(g.v, BIT(order),
			BIT(cpu_features.phys_bits - PAGE_SHIFT));
}

struct dead_tables {
	struct quiesce_item item;
	struct domain *domain;
	uint64_t *table;
	unsigned int level;
};

static void free_dead(struct quiesce_item *item)
{
	struct dead_tables *dead = container_of(item, struct dead_tables, item);
	struct p2m *p = dead->domain->p2m;

	free_tables(dead->domain, dead->table, dead->level);
	heap_free(dead, sizeof(*dead));
	/* Pairs with p2m_free_some(): the domain may go after this. */
	__atomic_sub_fetch(&p->dead_count, 1, __ATOMIC_RELEASE);
}

/* A subtree that was just unlinked: freed when nobody can be in it. */
static void retire_subtree(struct domain *d, uint64_t entry, unsigned int level,
			   struct dead_tables *dead)
{
	dead->domain = d;
	dead->table = table_of(d->p2m, entry);
	dead->level = level - 1;
	__atomic_add_fetch(&d->p2m->dead_count, 1, __ATOMIC_RELAXED);
	quiesce_defer(&dead->item, free_dead);
}

/* Devices reach memory as the domain does, but only memory. */
static unsigned int dma_access(enum p2m_type type)
{
	switch (type) {
	case P2M_RAM_RW:
	case P2M_FOREIGN:
	case P2M_GRANT_RW:
		return IOMMU_READ | IOMMU_WRITE;
	case P2M_RAM_RO:
	case P2M_GRANT_RO:
		return IOMMU_READ;
	case P2M_NONE:
	case P2M_MMIO_DIRECT:
	case P2M_SHARED:
	case P2M_MMIO_DM:
		return 0;
	}
	return 0;
}

/* Before an entry changes. Where devices had nothing and get nothing, what
 * firmware gave them stays. */
static int dma_follow_locked(const struct p2m *p, gfn_t g, unsigned int level,
			     uint64_t old, uint64_t value)
{
	const bool had = is_present(old) && (!is_leaf(old, level) ||
					     dma_access(type_of(old)) != 0);
	const unsigned int access = dma_access(type_of(value));

	if (p->dma == NULL || (!had && access == 0)) {
		return 0;
	}
	return iommu_set(p->dma, g, mfn((value & P2M_ADDR) >> PAGE_SHIFT),
			 9 * (level - 1), access);
}

static int replace_locked(struct domain *d, gfn_t g, unsigned int level,
			  uint64_t value)
{
	struct dead_tables *dead = NULL;
	uint64_t *e;
	int err = descend_locked(d, g, level, value != 0, &e);

	if (err != 0 || e == NULL) {
		return err;
	}

	const uint64_t old = *e;

	if (is_present(old) && !is_leaf(old, level)) {
		dead = heap_alloc(sizeof(*dead));
		if (dead == NULL) {
			return -XEN_ENOMEM;
		}
	}
	err = dma_follow_locked(d->p2m, g, level, old, value);
	if (err != 0) {
		heap_free(dead, sizeof(*dead));
		return err;
	}
	store(e, value);
	if (is_present(old)) {
		/* Pairs with the look at it in virt/translate.c. */
		__atomic_add_fetch(&d->p2m_changes, 1, __ATOMIC_SEQ_CST);
		p2m_flush(d);
	}
	if (dead != NULL) {
		retire_subtree(d, old, level, dead);
	}
	return 0;
}

int p2m_map(struct domain *d, gfn_t g, mfn_t m, unsigned int order,
	    enum p2m_type type)
{
	unsigned int level;

	if (!order_ok(g, order, &level) || (m.v & (BIT(order) - 1)) != 0) {
		return -XEN_EINVAL;
	}
	spin_lock(&d->p2m->lock);
	const int err = replace_locked(d, g, level, make_leaf(m, type, level));
	spin_unlock(&d->p2m->lock);
	return err;
}

int p2m_unmap(struct domain *d, gfn_t g, unsigned int order)
{
	unsigned int level;

	if (!order_ok(g, order, &level)) {
		return -XEN_EINVAL;
	}
	spin_lock(&d->p2m->lock);
	const int err = replace_locked(d, g, level, 0);
	spin_unlock(&d->p2m->lock);
	return err;
}

/* Lock held. Takes out the first leaf from gfn *next on and makes it the rest
 * to be dropped; *next moves over it, or over an entry that has none. */
static void take_leaf_locked(struct p2m *p, uint64_t *next)
{
	uint64_t *table = p->root;
	unsigned int level = LEVELS;
	uint64_t *e = &table[index_at(gfn(*next), level)];

	while (is_present(*e) && !is_leaf(*e, level)) {
		table = table_of(p, *e);
		level--;
		e = &table[index_at(gfn(*next), level)];
	}

	const uint64_t size = BIT(9 * (level - 1));

	if (is_present(*e)) {
		p->rest = mfn((*e & P2M_ADDR) >> PAGE_SHIFT);
		p->rest_count = size;
		p->rest_type = type_of(*e);
		store(e, 0);
	}
	*next = align_down(*next, size) + size;
}

bool p2m_take_some(struct domain *d, uint64_t *next, unsigned int budget,
		   void (*drop)(struct domain *d, mfn_t first, uint64_t count,
				enum p2m_type type))
{
	struct p2m *p = d->p2m;
	bool more = true;

	spin_lock(&p->lock);
	while (more && budget > 0) {
		const uint64_t n = min_u64(p->rest_count, budget);

		if (n != 0) {
			drop(d, p->rest, n, p->rest_type);
			p->rest = mfn_add(p->rest, n);
			p->rest_count -= n;
			budget -= (unsigned int)n;
		} else if (*next >> (9 * LEVELS) == 0) {
			take_leaf_locked(p, next);
			budget--;
		} else {
			more = false;
		}
	}
	spin_unlock(&p->lock);
	return !more;
}

/* Frees one table below `table` that has none below itself; false when there is
 * none. */
static bool free_child(struct domain *d, uint64_t *table, unsigned int level)
{
	for (unsigned int i = 0; level > 1 && i < ENTRIES; i++) {
		if (!is_present(table[i]) || is_leaf(table[i], level)) {
			continue;
		}

		uint64_t *child = table_of(d->p2m, table[i]);

		if (!free_child(d, child, level - 1)) {
			domain_free_page(d, child);
			table[i] = 0;
		}
		return true;
	}
	return false;
}

bool p2m_free_some(struct domain *d, unsigned int budget)
{
	while (free_child(d, d->p2m->root, LEVELS)) {
		if (--budget == 0) {
			return false;
		}
	}
	return load_acquire(&d->p2m->dead_count) == 0;
}
