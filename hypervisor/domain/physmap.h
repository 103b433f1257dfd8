/* SPDX-License-Identifier: MIT */
/*
 * What stands at a gfn, and who holds it. The one place that settles references
 * when that changes:
 *
 *   own RAM    the mapping holds the frame's first reference
 *   foreign    the mapping holds a reference on the other domain's frame
 *   shared     a page of the hypervisor's heap: the mapping is counted, and its
 *              domain goes when no other has one
 *   grant      held by its maptrack entry: never replaced or removed here
 *   device     nothing is held
 *
 * All take the domain's lock, so that two vCPUs never settle the same thing
 * twice, and that nothing comes to a domain that dies. A gfn is below
 * PHYSMAP_GFN_END. RAM comes and goes in the sizes of pages: order 0 or 9
 * (P2M_ORDER_4K, P2M_ORDER_2M), aligned.
 */
#pragma once

#include "domain/domain.h"
#include "domain/p2m.h"
#include "mm/frames.h"
#include "mm/heap.h"

/* struct frame keeps a gfn in 32 bits, all ones being none. */
#define PHYSMAP_GFN_END UINT64_C(0xffffffff)

/*
 * 2^order frames that `d` owns with one reference each become its RAM at `g`.
 * -XEN_EBUSY if anything is mapped there, -XEN_EINVAL, -XEN_ENOMEM.
 */
int physmap_add_ram(struct domain *d, gfn_t g, mfn_t m,
		    unsigned int order) must_check;

/*
 * The rest replace what is at `g`, and give it up. Errors of all of them:
 * -XEN_EBUSY (a grant is mapped there), -XEN_EINVAL (gfn), -XEN_ENOMEM.
 */

/* A page of the heap. */
int physmap_add_page(struct domain *d, gfn_t g, const void *page) must_check;
/* The domain's own page of the heap: it moves here from where it was. */
int physmap_move_page(struct domain *d, gfn_t g, const void *page) must_check;
/* A frame of RAM of `owner`, who is not `d`. */
int physmap_add_foreign(struct domain *d, gfn_t g, struct domain *owner,
			gfn_t owner_gfn) must_check;
/* A device's page; only where nothing is mapped, else -XEN_EBUSY. */
int physmap_add_device(struct domain *d, gfn_t g, mfn_t m) must_check;

/* Where the domain sees its own page of the heap, or GFN_NONE. */
gfn_t physmap_page_gfn(struct domain *d, const void *page);

/* True while any domain has the page mapped. */
static inline bool physmap_page_is_mapped(const void *page)
{
	const struct frame *f = frame_get(mfn_of(virt_to_maddr(page)));

	return load_acquire(&f->refs) != 0;
}

/* A reference on the frame at `g`, if that is ordinary RAM of the domain that may
 * be written: what may be granted, and what we may write for it from now on. */
static inline bool physmap_hold(struct domain *d, gfn_t g, mfn_t *out)
{
	enum p2m_type type;

	*out = p2m_lookup(d, g, &type);
	return type == P2M_RAM_RW && frame_ref(*out, d->id) == 0;
}

/* Teardown: takes away all that is at gfns from *next on, in pieces of about
 * `budget` frames; true at the end. See p2m_take_some(). */
bool physmap_release_some(struct domain *d, uint64_t *next,
			  unsigned int budget) must_check;

/* Takes away what is there: -XEN_ENOENT when it is nothing, -XEN_EBUSY for a
 * grant, -XEN_EINVAL for a device. */
int physmap_remove(struct domain *d, gfn_t g) must_check;
/* Gives up 2^order frames of RAM that follow one another in the machine, all of
 * them or none: -XEN_EINVAL (something else is there), -XEN_ENOMEM. */
int physmap_remove_ram(struct domain *d, gfn_t g,
		       unsigned int order) must_check;

/*
 * reservation.c: where a domain's RAM comes from.
 *
 * 2^order frames (order 0 or 9) become RAM at `g`, aligned: from the pool, or
 * in a one-to-one domain those that belong at `g`. Errors: -XEN_EINVAL,
 * -XEN_EBUSY (something is mapped there), -XEN_ENOMEM (pool, limit, or table
 * memory), -XEN_EAGAIN (frames are being scrubbed: ask again).
 */
int reservation_populate(struct domain *d, gfn_t g,
			 unsigned int order) must_check;

/*
 * Keeps room in the pool for a domain that is to have `frames` in all; what it
 * takes comes off. -XEN_EINVAL (it has a claim, has more already, may not have
 * so many, dies, or takes nothing from the pool), -XEN_ENOMEM.
 */
int reservation_claim(struct domain *d, uint64_t frames) must_check;
/* What is left of it goes back to everybody. */
void reservation_unclaim(struct domain *d);
/* Frames of the pool that are claimed, by all domains. */
uint64_t reservation_claimed(void);

/*
 * identity.c: device memory of the service VM, mapped one to one when it is first touched,
 * except for what the hypervisor keeps (IOMMUs, HPET, APICs) and for RAM.
 */

/* Boot only: these machine addresses are nobody's but ours. */
void identity_keep(maddr_t start, uint64_t len);

/* True when the page is device memory that the service VM may use. */
bool identity_allows(maddr_t a);

/* True when the page is mapped now: enter the guest again. */
bool identity_map(struct domain *d, gaddr_t a);
