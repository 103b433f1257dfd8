/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/addr.h"

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
