/* SPDX-License-Identifier: MIT */
#include "domain/physmap.h"

#include "arch/x86/features.h"
#include "domain/domain.h"
#include "domain/p2m_range.h"
#include "mm/frames.h"
#include "mm/heap.h"

#define NOWHERE UINT32_MAX

static mfn_t mfn_of_page(const void *page)
{
	return mfn_of(virt_to_maddr(page));
}

static bool is_ram(enum p2m_type type)
{
	return type == P2M_RAM_RW || type == P2M_RAM_RO;
}

static bool is_grant(enum p2m_type type)
{
	return type == P2M_GRANT_RW || type == P2M_GRANT_RO;
}

/* Nothing, or something only a device model would answer for. */
static bool is_vacant(enum p2m_type type)
{
	return type == P2M_NONE || type == P2M_MMIO_DM;
}

/* The mapping counts as one user of the page, whoever's it is. */
static void hold_page(mfn_t m)
{
	__atomic_add_fetch(&frame_get(m)->refs, 1, __ATOMIC_RELAXED);
}

static void drop_page(struct domain *d, gfn_t g, mfn_t m)
{
	if (g.v == d->shared_info_gfn.v &&
	    m.v == mfn_of_page(d->shared_info).v) {
		d->shared_info_gfn = GFN_NONE;
	}
	/* Pairs with the load in physmap_page_is_mapped(): the mapping is gone
	 * before the count says so. */
	__atomic_sub_fetch(&frame_get(m)->refs, 1, __ATOMIC_RELEASE);
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

/* What was at `g` is out of the p2m and out of all TLBs. */
static void settle(struct domain *d, gfn_t g, mfn_t m, enum p2m_type type)
{
	switch (type) {
	case P2M_RAM_RW:
	case P2M_RAM_RO:
		drop_ram(d, m);
		break;
	case P2M_FOREIGN:
		frame_unref(m);
		break;
	case P2M_SHARED:
		drop_page(d, g, m);
		break;
	case P2M_NONE:
	case P2M_MMIO_DIRECT:
	case P2M_MMIO_DM:
	case P2M_GRANT_RW:
	case P2M_GRANT_RO:
		break;
	}
}

/* Lock held. Puts a frame at `g`, in the place of what was there. */
static int put_locked(struct domain *d, gfn_t g, mfn_t m, enum p2m_type type)
{
	enum p2m_type old_type;
	const mfn_t old = p2m_lookup(d, g, &old_type);

	if (is_grant(old_type)) {
		return -XEN_EBUSY;
	}

	const int err = p2m_map(d, g, m, P2M_ORDER_4K, type);

	if (err == 0) {
		settle(d, g, old, old_type);
	}
	return err;
}

/* Lock held. Takes one known mapping away. */
static int take_locked(struct domain *d, gfn_t g, mfn_t m, enum p2m_type type)
{
	const int err = p2m_unmap(d, g, P2M_ORDER_4K);

	if (err == 0) {
		settle(d, g, m, type);
	}
	return err;
}

static bool gfns_ok(gfn_t g, unsigned int order)
{
	return order <= P2M_ORDER_1G && (g.v & (BIT(order) - 1)) == 0 &&
	       range_ok(g.v, BIT(order), PHYSMAP_GFN_END);
}

/* The size of page that 2^order frames are mapped with. */
static unsigned int piece_of(unsigned int order)
{
	if (order >= P2M_ORDER_1G && cpu_features.pages_1g) {
		return P2M_ORDER_1G;
	}
	return order >= P2M_ORDER_2M ? P2M_ORDER_2M : P2M_ORDER_4K;
}

/* The frames know where their owner sees them. */
static void note_ram(struct domain *d, gfn_t g, mfn_t m, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		frame_get(mfn_add(m, i))->gfn = (uint32_t)(g.v + i);
	}
	__atomic_add_fetch(&d->frame_count, count, __ATOMIC_RELAXED);
}

static int add_ram_locked(struct domain *d, gfn_t g, mfn_t m,
			  unsigned int order, uint64_t *mapped)
{
	const unsigned int piece = piece_of(order);

	if (!p2m_range_is_empty(d, g, order)) {
		return -XEN_EBUSY;
	}
	for (uint64_t i = 0; i < BIT(order); i += BIT(piece)) {
		const int err = p2m_map(d, gfn_add(g, i), mfn_add(m, i), piece,
					P2M_RAM_RW);

		if (err != 0) {
			return err;
		}
		note_ram(d, gfn_add(g, i), mfn_add(m, i), BIT(piece));
		*mapped += BIT(piece);
	}
	return 0;
}

int physmap_add_ram(struct domain *d, gfn_t g, mfn_t m, unsigned int order,
		    uint64_t *mapped)
{
	*mapped = 0;
	if (!gfns_ok(g, order)) {
		return -XEN_EINVAL;
	}
	spin_lock(&d->lock);
	const int err = add_ram_locked(d, g, m, order, mapped);
	spin_unlock(&d->lock);
	return err;
}

/* Lock held. Puts a page of the heap at `g`. */
static int put_page_locked(struct domain *d, gfn_t g, mfn_t m)
{
	hold_page(m);
	const int err = put_locked(d, g, m, P2M_SHARED);

	if (err != 0) {
		drop_page(d, GFN_NONE, m);
	}
	return err;
}

/* Lock held. frame->gfn is a hint: the page may have been replaced there. */
static int move_page_locked(struct domain *d, gfn_t g, mfn_t m)
{
	const gfn_t old = gfn(frame_get(m)->gfn);
	enum p2m_type type;
	const mfn_t there = p2m_lookup(d, old, &type);
	int err = 0;

	if (there.v == m.v && type == P2M_SHARED) {
		if (old.v == g.v) {
			return 0;
		}
		err = take_locked(d, old, m, type);
	}
	if (err == 0) {
		err = put_page_locked(d, g, m);
	}
	if (err == 0) {
		frame_get(m)->gfn = (uint32_t)g.v;
	}
	return err;
}

int physmap_add_own_page(struct domain *d, gfn_t g, void *page)
{
	if (!gfns_ok(g, 0)) {
		return -XEN_EINVAL;
	}
	spin_lock(&d->lock);
	const int err = move_page_locked(d, g, mfn_of_page(page));

	if (err == 0 && page == d->shared_info) {
		d->shared_info_gfn = g;
	}
	spin_unlock(&d->lock);
	return err;
}

int physmap_add_page(struct domain *d, gfn_t g, void *page)
{
	if (!gfns_ok(g, 0)) {
		return -XEN_EINVAL;
	}
	spin_lock(&d->lock);
	const int err = put_page_locked(d, g, mfn_of_page(page));
	spin_unlock(&d->lock);
	return err;
}

int physmap_add_foreign(struct domain *d, gfn_t g, struct domain *owner,
			gfn_t owner_gfn)
{
	enum p2m_type type;
	const mfn_t m = p2m_lookup(owner, owner_gfn, &type);

	if (d == owner || !gfns_ok(g, 0) || !is_ram(type) ||
	    frame_ref(m, owner->id) != 0) {
		return -XEN_EINVAL;
	}
	spin_lock(&d->lock);
	const int err = put_locked(d, g, m, P2M_FOREIGN);
	spin_unlock(&d->lock);
	if (err != 0) {
		frame_unref(m);
	}
	return err;
}

/* Lock held. It leaves its old place first, so that it never has two. */
static int move_locked(struct domain *d, gfn_t from, gfn_t to)
{
	enum p2m_type type;
	const mfn_t m = p2m_lookup(d, from, &type);

	if (!is_ram(type) || !frame_is_owned(m, d->id)) {
		return -XEN_EINVAL;
	}
	if (from.v == to.v) {
		return 0;
	}

	int err = p2m_unmap(d, from, P2M_ORDER_4K);

	if (err != 0) {
		return err;
	}
	err = put_locked(d, to, m, type);
	if (err == 0) {
		frame_get(m)->gfn = (uint32_t)to.v;
	} else if (p2m_map(d, from, m, P2M_ORDER_4K, type) != 0) {
		drop_ram(d, m);
	}
	return err;
}

int physmap_move(struct domain *d, gfn_t from, gfn_t to)
{
	if (d->one_to_one || !gfns_ok(to, 0)) {
		return -XEN_EINVAL;
	}
	spin_lock(&d->lock);
	const int err = move_locked(d, from, to);
	spin_unlock(&d->lock);
	return err;
}

int physmap_add_device(struct domain *d, gfn_t g, mfn_t m)
{
	enum p2m_type type;
	int err = -XEN_EBUSY;

	spin_lock(&d->lock);
	p2m_lookup(d, g, &type);
	if (is_vacant(type)) {
		err = p2m_map(d, g, m, P2M_ORDER_4K, P2M_MMIO_DIRECT);
	}
	spin_unlock(&d->lock);
	return err;
}

static int remove_locked(struct domain *d, gfn_t g)
{
	enum p2m_type type;
	const mfn_t m = p2m_lookup(d, g, &type);

	switch (type) {
	case P2M_RAM_RW:
	case P2M_RAM_RO:
	case P2M_FOREIGN:
	case P2M_SHARED:
		return take_locked(d, g, m, type);
	case P2M_GRANT_RW:
	case P2M_GRANT_RO:
		return -XEN_EBUSY;
	case P2M_MMIO_DIRECT:
	case P2M_MMIO_DM:
		return -XEN_EINVAL;
	case P2M_NONE:
		break;
	}
	return -XEN_ENOENT;
}

int physmap_remove(struct domain *d, gfn_t g)
{
	spin_lock(&d->lock);
	const int err = remove_locked(d, g);
	spin_unlock(&d->lock);
	return err;
}

/* All RAM of its own; *run tells whether the frames follow one another too. */
static bool is_own_ram(struct domain *d, gfn_t g, uint64_t count, bool *run)
{
	const mfn_t first = p2m_lookup(d, g, NULL);

	*run = true;
	for (uint64_t i = 0; i < count; i++) {
		enum p2m_type type;
		const mfn_t m = p2m_lookup(d, gfn_add(g, i), &type);

		if (!is_ram(type) || !frame_is_owned(m, d->id)) {
			return false;
		}
		*run = *run && m.v == first.v + i;
	}
	return true;
}

/* Lock held. One change of the tables and one flush for a whole large page. */
static int take_run_locked(struct domain *d, gfn_t g)
{
	const mfn_t first = p2m_lookup(d, g, NULL);
	const int err = p2m_unmap(d, g, P2M_ORDER_2M);

	for (uint64_t i = 0; err == 0 && i < BIT(P2M_ORDER_2M); i++) {
		drop_ram(d, mfn_add(first, i));
	}
	return err;
}

static int remove_ram_locked(struct domain *d, gfn_t g, unsigned int order)
{
	bool run;
	int err = 0;

	if (!is_own_ram(d, g, BIT(order), &run)) {
		return -XEN_EINVAL;
	}
	if (run && order == P2M_ORDER_2M) {
		return take_run_locked(d, g);
	}
	for (uint64_t i = 0; err == 0 && i < BIT(order); i++) {
		err = remove_locked(d, gfn_add(g, i));
	}
	return err;
}

int physmap_remove_ram(struct domain *d, gfn_t g, unsigned int order)
{
	if (order > P2M_ORDER_2M || !gfns_ok(g, order)) {
		return -XEN_EINVAL;
	}
	spin_lock(&d->lock);
	const int err = remove_ram_locked(d, g, order);
	spin_unlock(&d->lock);
	return err;
}

bool physmap_page_is_mapped(const void *page)
{
	return __atomic_load_n(&frame_get(mfn_of_page(page))->refs,
			       __ATOMIC_ACQUIRE) != 0;
}
