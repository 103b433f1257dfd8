/* SPDX-License-Identifier: MIT */
#include "domain/event.h"
#include "domain/physmap.h"
#include "domain/pvclock.h"
#include "domain/runstate.h"
#include "lib/string.h"
#include "mm/window.h"

static bool is_movable(const struct vcpu *v)
{
	return mfn_is_none(v->info_mfn) &&
	       (v == vcpu_current() || v->wait == WAIT_START);
}

/* Copies the record and switches over to the new place; false when another
 * vCPU of the guest was faster. */
static bool move(struct vcpu *v, mfn_t frame, uint32_t offset)
{
	char *page = window_map(frame);
	bool moved = false;

	spin_lock(&v->lock);
	if (mfn_is_none(v->info_mfn)) {
		struct vcpu_info *old = vcpu_info_map(v);

		if (old != NULL) {
			memcpy(page + offset, old, sizeof(*old));
			vcpu_info_unmap(old);
		} else {
			memset(page + offset, 0, sizeof(*old));
		}
		v->info_offset = offset;
		/* Release: vcpu_info_map() reads the frame without a lock. */
		store_release(&v->info_mfn.v, frame.v);
		moved = true;
	}
	spin_unlock(&v->lock);
	window_unmap(page);
	return moved;
}

int vcpu_info_register(struct vcpu *v, gfn_t where, uint32_t offset)
{
	mfn_t frame;

	if (!range_ok(offset, sizeof(struct vcpu_info), PAGE_SIZE) ||
	    offset % sizeof(xen_ulong_t) != 0) {
		return -XEN_ENXIO;
	}
	if (!is_movable(v) || !physmap_hold(v->domain, where, &frame)) {
		return -XEN_EINVAL;
	}
	if (!move(v, frame, offset)) {
		frame_unref(frame);
		return -XEN_EINVAL;
	}
	pvclock_update(v);
	/* An event that was raised in the old place while we copied. */
	event_vcpu_info_moved(v);
	return 0;
}

void vcpu_info_release(struct vcpu *v)
{
	spin_lock(&v->lock);

	const mfn_t frame = v->info_mfn;

	store_release(&v->info_mfn.v, MFN_NONE.v);
	guest_area_set(&v->runstate_area, 0, 0);
	guest_area_set(&v->time_area, 0, 0);
	spin_unlock(&v->lock);

	if (!mfn_is_none(frame)) {
		frame_unref(frame);
	}
}
