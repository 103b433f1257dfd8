/* SPDX-License-Identifier: MIT */
#include "domain/physmap.h"

#define NOWHERE UINT32_MAX

static bool is_ram(enum p2m_type type)
{
	return type == P2M_RAM_RW || type == P2M_RAM_RO;
}

static bool is_grant(enum p2m_type type)
{
	return type == P2M_GRANT_RW || type == P2M_GRANT_RO;
}

/* A frame that was mapped as RAM and is not any more. The service VM's own stay
 * reserved for it; firmware's tables are in no one's account. */
static void drop_ram(struct domain *d, mfn_t m)
{
	struct frame *f = frame_get(m);

	if (!frame_is_owned(m, d->id)) {
		return;
	}
	f->gfn = NOWHERE;
	__atomic_sub_fetch(&d->frame_count, 1, __ATOMIC_RELAXED);
	if ((f->flags & FRAME_PINNED_1TO1) == 0) {
		frame_unref(m);
	}
}

/* Mappings of a page of the heap, in the place where RAM counts its holders.
 * Release: see physmap_page_is_mapped(). */
static void count_page(mfn_t m, uint32_t change)
{
	__atomic_add_fetch(&frame_get(m)->refs, change, __ATOMIC_RELEASE);
}

/* frame->gfn is a hint: the page may have been replaced there. */
static gfn_t page_gfn(struct domain *d, mfn_t m)
{
	const gfn_t g = gfn(frame_get(m)->gfn);

	return p2m_lookup(d, g, NULL).v == m.v ? g : GFN_NONE;
}

gfn_t physmap_page_gfn(struct domain *d, const void *page)
{
	return page_gfn(d, mfn_of(virt_to_maddr(page)));
}

/* What was at a gfn is out of the p2m and out of all TLBs. */
static void settle(struct domain *d, mfn_t m, enum p2m_type type)
{
	if (is_ram(type)) {
		drop_ram(d, m);
	} else if (type == P2M_FOREIGN) {
		frame_unref(m);
	} else if (type == P2M_SHARED) {
		count_page(m, UINT32_MAX);
	}
}

static void settle_run(struct domain *d, mfn_t first, uint64_t count,
		       enum p2m_type type)
{
	for (uint64_t i = 0; i < count; i++) {
		settle(d, mfn_add(first, i), type);
	}
}

bool physmap_release_some(struct domain *d, uint64_t *next, unsigned int budget)
{
	spin_lock(&d->lock);
	const bool done = p2m_take_some(d, next, budget, settle_run);
	spin_unlock(&d->lock);
	return done;
}

/* Lock held. Puts a frame at `g`, in the place of what was there. */
static int put_locked(struct domain *d, gfn_t g, mfn_t m, enum p2m_type type)
{
	enum p2m_type old_type;
	const mfn_t old = p2m_lookup(d, g, &old_type);

	if (d->state == DOMAIN_DYING) {
		return -XEN_EINVAL;
	}
	if (is_grant(old_type)) {
		return -XEN_EBUSY;
	}

	const int err = p2m_map(d, g, m, P2M_ORDER_4K, type);

	if (err != 0) {
		return err;
	}
	if (type == P2M_SHARED) {
		count_page(m, 1);
	}
	settle(d, old, old_type);
	return 0;
}

static bool gfns_ok(gfn_t g, unsigned int order)
{
	return (order == P2M_ORDER_4K || order == P2M_ORDER_2M) &&
	       (g.v & (BIT(order) - 1)) == 0 &&
	       range_ok(g.v, BIT(order), PHYSMAP_GFN_END);
}

static int add_ram_locked(struct domain *d, gfn_t g, mfn_t m,
			  unsigned int order)
{
	if (d->state == DOMAIN_DYING) {
		return -XEN_EINVAL;
	}
	if (!p2m_is_empty(d, g, order)) {
		return -XEN_EBUSY;
	}

	const int err = p2m_map(d, g, m, order, P2M_RAM_RW);

	if (err != 0) {
		return err;
	}

	struct frame *const frames = frame_get(m);

	for (uint64_t i = 0; i < BIT(order); i++) {
		frames[i].gfn = (uint32_t)(g.v + i);
	}
	__atomic_add_fetch(&d->frame_count, BIT(order), __ATOMIC_RELAXED);
	return 0;
}

int physmap_add_ram(struct domain *d, gfn_t g, mfn_t m, unsigned int order)
{
	if (!gfns_ok(g, order)) {
		return -XEN_EINVAL;
	}
	spin_lock(&d->lock);
	const int err = add_ram_locked(d, g, m, order);
	spin_unlock(&d->lock);
	return err;
}

static int put(struct domain *d, gfn_t g, mfn_t m, enum p2m_type type)
{
	if (!gfns_ok(g, P2M_ORDER_4K)) {
		return -XEN_EINVAL;
	}
	spin_lock(&d->lock);
	const int err = put_locked(d, g, m, type);
	spin_unlock(&d->lock);
	return err;
}

int physmap_add_page(struct domain *d, gfn_t g, const void *page)
{
	return put(d, g, mfn_of(virt_to_maddr(page)), P2M_SHARED);
}

static int move_page_locked(struct domain *d, gfn_t g, mfn_t m)
{
	const gfn_t old = page_gfn(d, m);
	int err;

	if (old.v == g.v) {
		return 0;
	}
	if (old.v != GFN_NONE.v) {
		err = p2m_unmap(d, old, P2M_ORDER_4K);
		if (err != 0) {
			return err;
		}
		count_page(m, UINT32_MAX);
	}
	err = put_locked(d, g, m, P2M_SHARED);
	if (err == 0) {
		frame_get(m)->gfn = (uint32_t)g.v;
	}
	return err;
}

int physmap_move_page(struct domain *d, gfn_t g, const void *page)
{
	if (!gfns_ok(g, P2M_ORDER_4K)) {
		return -XEN_EINVAL;
	}
	spin_lock(&d->lock);
	const int err = move_page_locked(d, g, mfn_of(virt_to_maddr(page)));
	spin_unlock(&d->lock);
	return err;
}

int physmap_add_foreign(struct domain *d, gfn_t g, struct domain *owner,
			gfn_t owner_gfn)
{
	enum p2m_type type;
	const mfn_t m = p2m_lookup(owner, owner_gfn, &type);

	if (d == owner || !is_ram(type) ||
	    load_relaxed(&owner->state) == DOMAIN_DYING ||
	    frame_ref(m, owner->id) != 0) {
		return -XEN_EINVAL;
	}

	const int err = put(d, g, m, P2M_FOREIGN);

	if (err != 0) {
		frame_unref(m);
	}
	return err;
}

int physmap_add_device(struct domain *d, gfn_t g, mfn_t m)
{
	enum p2m_type type;
	int err = -XEN_EBUSY;

	spin_lock(&d->lock);
	p2m_lookup(d, g, &type);
	if (type == P2M_NONE || type == P2M_MMIO_DM) {
		err = p2m_map(d, g, m, P2M_ORDER_4K, P2M_MMIO_DIRECT);
	}
	spin_unlock(&d->lock);
	return err;
}

static int remove_locked(struct domain *d, gfn_t g)
{
	enum p2m_type type;
	const mfn_t m = p2m_lookup(d, g, &type);

	if (type == P2M_NONE) {
		return -XEN_ENOENT;
	}
	if (is_grant(type)) {
		return -XEN_EBUSY;
	}
	if (type == P2M_MMIO_DIRECT || type == P2M_MMIO_DM) {
		return -XEN_EINVAL;
	}

	const int err = p2m_unmap(d, g, P2M_ORDER_4K);

	if (err == 0) {
		settle(d, m, type);
	}
	return err;
}

int physmap_remove(struct domain *d, gfn_t g)
{
	spin_lock(&d->lock);
	const int err = remove_locked(d, g);
	spin_unlock(&d->lock);
	return err;
}

/* One change of the tables and one flush, hence one run of frames. */
static int remove_ram_locked(struct domain *d, gfn_t g, unsigned int order)
{
	const mfn_t first = p2m_lookup(d, g, NULL);

	for (uint64_t i = 0; i < BIT(order); i++) {
		enum p2m_type type;
		const mfn_t m = p2m_lookup(d, gfn_add(g, i), &type);

		if (!is_ram(type) || !frame_is_owned(m, d->id) ||
		    m.v != first.v + i) {
			return -XEN_EINVAL;
		}
	}

	const int err = p2m_unmap(d, g, order);

	for (uint64_t i = 0; err == 0 && i < BIT(order); i++) {
		drop_ram(d, mfn_add(first, i));
	}
	return err;
}

int physmap_remove_ram(struct domain *d, gfn_t g, unsigned int order)
{
	if (!gfns_ok(g, order)) {
		return -XEN_EINVAL;
	}
	spin_lock(&d->lock);
	const int err = remove_ram_locked(d, g, order);
	spin_unlock(&d->lock);
	return err;
}
