/* SPDX-License-Identifier: MIT */
/*
 * Where a domain's RAM comes from, and the claims that keep it there for who
 * has not taken it yet. The lock is for claims, d->claim being one of them.
 */
#include "domain/physmap.h"

static struct {
	struct spinlock lock;
	uint64_t total; /* of all d->claim */
} claims = { .lock = SPINLOCK_INIT(LOCK_CLAIMS) };

/* Lock held. The domain has so many of those it claimed. */
static void settle_locked(struct domain *d, uint64_t frames)
{
	const uint64_t settled = min_u64(d->claim, frames);

	d->claim -= settled;
	claims.total -= settled;
}

static int claim_locked(struct domain *d, uint64_t frames)
{
	const uint64_t owned = load_relaxed(&d->frame_count);

	if (d->claim != 0 || frames < owned || frames > d->frame_max) {
		return -XEN_EINVAL;
	}
	if (!range_ok(claims.total, frames - owned, frames_free_count())) {
		return -XEN_ENOMEM;
	}
	d->claim = frames - owned;
	claims.total += d->claim;
	return 0;
}

int reservation_claim(struct domain *d, uint64_t frames)
{
	/* A domain that dies gets no more memory: teardown has taken back what
	 * it claimed, or will. */
	if (d->one_to_one || load_relaxed(&d->state) == DOMAIN_DYING) {
		return -XEN_EINVAL;
	}
	spin_lock(&claims.lock);
	const int err = claim_locked(d, frames);
	spin_unlock(&claims.lock);
	return err;
}

void reservation_unclaim(struct domain *d)
{
	spin_lock(&claims.lock);
	settle_locked(d, d->claim);
	spin_unlock(&claims.lock);
}

uint64_t reservation_claimed(void)
{
	return load_relaxed(&claims.total);
}

/* Two vCPUs may both see room for the last frame: the limit is not that
 * strict, but no single request goes beyond it. */
static bool within_limit(struct domain *d, uint64_t frames)
{
	return range_ok(load_relaxed(&d->frame_count), frames, d->frame_max);
}

/* What others claim is not for this domain: -XEN_ENOMEM. MFN_NONE when there
 * is no such block. */
static int take_locked(struct domain *d, unsigned int order, mfn_t *first)
{
	if (!range_ok(claims.total - d->claim, BIT(order),
		      frames_free_count())) {
		return -XEN_ENOMEM;
	}
	*first = frames_alloc(d->id, order);
	if (!mfn_is_none(*first)) {
		settle_locked(d, BIT(order));
	}
	return 0;
}

static int take(struct domain *d, unsigned int order, mfn_t *first)
{
	spin_lock(&claims.lock);
	const int err = take_locked(d, order, first);
	spin_unlock(&claims.lock);
	return err;
}

/* Freed frames come back to the pool when somebody has scrubbed them: whoever
 * needs them now does a bounded part of that. */
static int take_clean(struct domain *d, unsigned int order, mfn_t *first)
{
	bool more = false;
	int err;

	if (!within_limit(d, BIT(order))) {
		return -XEN_ENOMEM;
	}
	err = take(d, order, first);
	if (err == 0 && mfn_is_none(*first)) {
		more = frames_scrub_some();
		err = take(d, order, first);
	}
	if (err == 0 && mfn_is_none(*first)) {
		err = more ? -XEN_EAGAIN : -XEN_ENOMEM;
	}
	return err;
}

static int populate_from_pool(struct domain *d, gfn_t g, unsigned int order)
{
	mfn_t m;
	int err = take_clean(d, order, &m);

	if (err != 0) {
		return err;
	}
	err = physmap_add_ram(d, g, m, order);
	for (uint64_t i = 0; err != 0 && i < BIT(order); i++) {
		frame_unref(mfn_add(m, i));
	}
	return err;
}

/* Its frames wait for it at gfn == mfn, with the reference they began with. */
static int populate_one_to_one(struct domain *d, gfn_t g, unsigned int order)
{
	for (uint64_t i = 0; i < BIT(order); i++) {
		const mfn_t m = mfn(g.v + i);

		if (!frame_is_owned(m, d->id) ||
		    (frame_get(m)->flags & FRAME_PINNED_1TO1) == 0) {
			return -XEN_ENOMEM;
		}
	}
	return physmap_add_ram(d, g, mfn(g.v), order);
}

int reservation_populate(struct domain *d, gfn_t g, unsigned int order)
{
	return d->one_to_one ? populate_one_to_one(d, g, order)
			     : populate_from_pool(d, g, order);
}
