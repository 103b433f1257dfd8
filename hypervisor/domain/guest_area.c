/* SPDX-License-Identifier: MIT */
#include "domain/guest_area.h"

#include "domain/guest_copy.h"
#include "domain/physmap.h"
#include "lib/string.h"
#include "mm/window.h"

void guest_area_set(struct guest_area *a, uint64_t linear, uint32_t size)
{
	if (a->resolved) {
		frame_unref(a->frames[0]);
		frame_unref(a->frames[1]);
	}
	*a = (struct guest_area){ .linear = linear, .size = size };
}

/* Takes a reference on the frame at a linear address of the domain's own RAM. */
static bool hold(struct vcpu *v, uint64_t linear, mfn_t *out)
{
	gaddr_t where;

	return guest_translate(v, linear, true, &where) == 0 &&
	       physmap_hold(v->domain, gfn_of(where), out);
}

bool guest_area_resolve(struct guest_area *a, struct vcpu *v)
{
	const uint64_t last = a->linear + a->size - 1;

	if (a->resolved) {
		return true;
	}
	if (a->linear == 0 || last < a->linear ||
	    !hold(v, a->linear, &a->frames[0])) {
		return false;
	}
	if (!hold(v, last, &a->frames[1])) {
		frame_unref(a->frames[0]);
		return false;
	}
	a->resolved = true;
	return true;
}

void guest_area_write(const struct guest_area *a, uint32_t offset,
		      const void *src, uint32_t len)
{
	const char *from = src;
	uint64_t at = page_offset(a->linear) + offset;

	while (len > 0) {
		const uint32_t in_page = page_offset(at);
		const uint32_t n = (uint32_t)min_u64(len, PAGE_SIZE - in_page);
		char *page = window_map(a->frames[at >> PAGE_SHIFT]);

		memcpy(page + in_page, from, n);
		window_unmap(page);
		at += n;
		from += n;
		len -= n;
	}
	__atomic_thread_fence(__ATOMIC_RELEASE);
}
