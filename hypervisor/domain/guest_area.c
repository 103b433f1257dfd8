/* SPDX-License-Identifier: MIT */
#include "domain/guest_area.h"

#include "domain/guest_copy.h"
#include "domain/p2m.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "mm/window.h"

void guest_area_set(struct guest_area *a, uint64_t linear, uint32_t size)
{
	for (uint32_t i = 0; i < a->held; i++) {
		frame_unref(a->frames[i]);
	}
	*a = (struct guest_area){ .linear = linear, .size = size };
}

/* Takes a reference on the frame at a linear address of the domain's own RAM. */
static bool hold(struct vcpu *v, uint64_t linear, mfn_t *out)
{
	enum p2m_type type;
	gaddr_t where;

	if (guest_translate(v, linear, true, &where) != 0) {
		return false;
	}
	*out = p2m_lookup(v->domain, gfn_of(where), &type);
	return type == P2M_RAM_RW && frame_ref(*out, v->domain->id) == 0;
}

bool guest_area_resolve(struct guest_area *a, struct vcpu *v)
{
	const uint64_t last = a->linear + a->size - 1;

	if (a->held != 0) {
		return true;
	}
	if (a->linear == 0 || last < a->linear ||
	    !hold(v, a->linear, &a->frames[0])) {
		return false;
	}
	a->held = 1;
	if (last >> PAGE_SHIFT == a->linear >> PAGE_SHIFT) {
		return true;
	}
	if (!hold(v, last, &a->frames[1])) {
		frame_unref(a->frames[0]);
		a->held = 0;
		return false;
	}
	a->held = 2;
	return true;
}

static void write_frame(mfn_t frame, uint32_t offset, const void *src,
			size_t len)
{
	char *page = window_map(frame);

	memcpy(page + offset, src, len);
	window_unmap(page);
}

void guest_area_write(const struct guest_area *a, uint32_t offset,
		      const void *src, uint32_t len)
{
	const uint32_t start = page_offset(a->linear) + offset;
	const uint32_t room =
		start < PAGE_SIZE ? (uint32_t)PAGE_SIZE - start : 0;
	const uint32_t first = len < room ? len : room;

	if (first != 0) {
		write_frame(a->frames[0], start, src, first);
	}
	if (first != len) {
		write_frame(a->frames[1], (start + first) % (uint32_t)PAGE_SIZE,
			    (const char *)src + first, len - first);
	}
	__atomic_thread_fence(__ATOMIC_RELEASE);
}
