/* SPDX-License-Identifier: MIT */
/*
 * The frame table: who owns each frame of RAM, and how many hold it.
 *
 * A frame is freed when its last reference goes; it is scrubbed and handed out
 * again only after every pCPU has passed a quiescent point (core/quiesce.h),
 * so a mapping looked up in a p2m stays usable until the end of the operation.
 */
#pragma once

#include "lib/addr.h"

enum frame_state {
	FRAME_HOLE,       /* not RAM, or firmware's */
	FRAME_HYPERVISOR, /* ours for ever: image, heap, frame table */
	FRAME_FREE,       /* in the pool */
	FRAME_OWNED,      /* belongs to a domain */
	FRAME_LIMBO,      /* freed, waiting for a quiescent point */
};

struct frame {
	union {
		struct {
			uint32_t next; /* FRAME_FREE: list links, by mfn */
			uint32_t prev;
		};

		struct {
			uint32_t refs; /* FRAME_OWNED: holders, atomic */
			uint32_t gfn;  /* where its owner sees it, ~0 nowhere */
		};
	};

	uint16_t owner; /* domid, valid while FRAME_OWNED */
	uint8_t state;  /* enum frame_state */
	uint8_t order;  /* FRAME_FREE: size of the block this one heads */
	uint32_t flags;
};

#define FRAME_OWNERS      4096u /* domids below can own frames */

#define FRAME_PINNED_1TO1 0x1u /* service VM's: stays reserved when released */

/* NULL for a frame outside RAM. */
struct frame *frame_get(mfn_t f);

/* True when RAM that `domid` owns. */
bool frame_is_owned(mfn_t f, uint16_t domid);

/* Takes 2^order frames from the pool for `domid`, with one reference each. */
mfn_t frames_alloc(uint16_t domid, unsigned int order);

/* One more reference on a frame that `domid` owns: 0 or -XEN_EINVAL. */
int frame_ref(mfn_t f, uint16_t domid) must_check;
/* Drops one reference; the last one frees the frame. Needs no lock. */
void frame_unref(mfn_t f);

/* Frames of `domid` that somebody holds, mapped or not. */
uint64_t frames_owned_count(uint16_t domid);
/* Frames described: all mfns of RAM are below. */
uint64_t frames_end(void);
uint64_t frames_free_count(void);
uint64_t frames_total_count(void);

/* The table for frames 0..count-1, zeroed: all are FRAME_HOLE. */
void frames_init(void *zeroed, uint64_t count);
/* Marks RAM as the hypervisor's own. */
void frames_keep(mfn_t first, uint64_t count);
/* Gives RAM to a domain, one reference each, at gfn == mfn. */
void frames_assign(mfn_t first, uint64_t count, uint16_t domid);
/* Adds RAM to the pool; it is scrubbed before it is handed out. */
void frames_add_pool(mfn_t first, uint64_t count);

/* Run loop: scrubs a few freed frames; true when there is more to do. */
bool frames_scrub_some(void);

/* A chain of FRAME_LIMBO frames, linked by `next`: to be scrubbed. */
void frames_splice_dirty(uint32_t head, uint32_t tail, uint64_t count);

/* Hook, defined in core/limbo.c: the last reference of `f` is gone. */
void frame_retire(mfn_t f);
