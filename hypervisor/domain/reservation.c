/* SPDX-License-Identifier: MIT */
/*
 * A claim is a number: frames of the pool that others may not take. The lock
 * protects the numbers only. The pool itself may be exhausted meanwhile by a
 * domain that passed the check before the claim was made: then taking fails,
 * claim or not.
 */
#include "domain/reservation.h"

#include "domain/domain.h"
#include "domain/p2m.h"
#include "domain/physmap.h"
#include "mm/frames.h"
#include "mm/frames_init.h"

static struct {
	struct spinlock lock;
	uint64_t total; /* (l) sum of all domains' frames_claimed */
} claims = { .lock = SPINLOCK_INIT(LOCK_FRAMES) };

/* Lock held: frames nobody has claimed. */
static uint64_t unclaimed_locked(void)
{
	const uint64_t all = frames_free_count();

	return all > claims.total ? all - claims.total : 0;
}

static void set_claim_locked(struct domain *d, uint64_t frames)
{
	claims.total += frames - d->frames_claimed;
	d->frames_claimed = frames;
}

/* May `d` take that many? Says in *used how much of its claim that costs. */
static bool begin_take(struct domain *d, uint64_t frames, uint64_t *used)
{
	spin_lock(&claims.lock);
	*used = min_u64(frames, d->frames_claimed);
	const bool ok = frames - *used <= unclaimed_locked();

	if (ok) {
		set_claim_locked(d, d->frames_claimed - *used);
	} else {
		*used = 0;
	}
	spin_unlock(&claims.lock);
	return ok;
}

/* They could not be taken after all. */
static void cancel_take(struct domain *d, uint64_t used)
{
	spin_lock(&claims.lock);
	set_claim_locked(d, d->frames_claimed + used);
	spin_unlock(&claims.lock);
}

static void give_back(mfn_t first, uint64_t from, uint64_t count)
{
	for (uint64_t i = from; i < count; i++) {
		frame_unref(mfn_add(first, i));
	}
}

/* Freed frames come back to the pool when somebody has scrubbed them: whoever
 * needs them now does a bounded part of that. */
static int take(struct domain *d, unsigned int order, uint64_t *used,
		mfn_t *first)
{
	bool more = false;

	if (!begin_take(d, BIT(order), used)) {
		return -XEN_ENOMEM;
	}
	*first = frames_alloc(d->id, order);
	if (mfn_is_none(*first)) {
		more = frames_scrub_some();
		*first = frames_alloc(d->id, order);
	}
	if (!mfn_is_none(*first)) {
		return 0;
	}
	cancel_take(d, *used);
	return more ? -XEN_EAGAIN : -XEN_ENOMEM;
}

/* Two vCPUs may both see room for the last frame: the limit is not that
 * strict, but no single request goes beyond it. */
static bool within_limit(struct domain *d, uint64_t frames)
{
	return range_ok(__atomic_load_n(&d->frame_count, __ATOMIC_RELAXED),
			frames, d->frame_max);
}

static int populate_from_pool(struct domain *d, gfn_t g, unsigned int order)
{
	uint64_t used;
	uint64_t mapped;
	mfn_t m;

	if (!within_limit(d, BIT(order))) {
		return -XEN_ENOMEM;
	}

	int err = take(d, order, &used, &m);

	if (err != 0) {
		return err;
	}
	err = physmap_add_ram(d, g, m, order, &mapped);
	if (err != 0) {
		give_back(m, mapped, BIT(order));
		cancel_take(d, min_u64(used, BIT(order) - mapped));
	}
	return err;
}

/* Its frames wait for it at gfn == mfn, with the reference they began with. */
static int populate_one_to_one(struct domain *d, gfn_t g, unsigned int order)
{
	uint64_t mapped;

	for (uint64_t i = 0; i < BIT(order); i++) {
		const mfn_t m = mfn(g.v + i);

		if (!frame_is_owned(m, d->id) ||
		    (frame_get(m)->flags & FRAME_PINNED_1TO1) == 0) {
			return -XEN_ENOMEM;
		}
	}
	return physmap_add_ram(d, g, mfn(g.v), order, &mapped);
}

int reservation_populate(struct domain *d, gfn_t g, unsigned int order)
{
	return d->one_to_one ? populate_one_to_one(d, g, order)
			     : populate_from_pool(d, g, order);
}

int reservation_claim(struct domain *d, uint64_t frames)
{
	const uint64_t has = __atomic_load_n(&d->frame_count, __ATOMIC_RELAXED);
	const uint64_t more = frames > has ? frames - has : 0;
	int err = 0;

	if (frames > d->frame_max) {
		return -XEN_EINVAL;
	}
	spin_lock(&claims.lock);
	if (more > unclaimed_locked() + d->frames_claimed) {
		err = -XEN_ENOMEM;
	} else {
		set_claim_locked(d, more);
	}
	spin_unlock(&claims.lock);
	return err;
}

uint64_t reservation_claimed(void)
{
	return __atomic_load_n(&claims.total, __ATOMIC_RELAXED);
}
