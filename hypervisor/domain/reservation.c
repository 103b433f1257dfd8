/* SPDX-License-Identifier: MIT */
#include "domain/reservation.h"

#include "domain/domain.h"
#include "domain/physmap.h"
#include "mm/frames.h"
#include "mm/frames_init.h"

/* Two vCPUs may both see room for the last frame: the limit is not that
 * strict, but no single request goes beyond it. */
static bool within_limit(struct domain *d, uint64_t frames)
{
	return range_ok(__atomic_load_n(&d->frame_count, __ATOMIC_RELAXED),
			frames, d->frame_max);
}

/* Freed frames come back to the pool when somebody has scrubbed them: whoever
 * needs them now does a bounded part of that. */
static int take(struct domain *d, unsigned int order, mfn_t *first)
{
	bool more = false;

	if (!within_limit(d, BIT(order))) {
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
	return more ? -XEN_EAGAIN : -XEN_ENOMEM;
}

static int populate_from_pool(struct domain *d, gfn_t g, unsigned int order)
{
	mfn_t m;
	int err = take(d, order, &m);

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
