/* SPDX-License-Identifier: MIT */
/*
 * The front half of a paravirtual disk: one ring. It needs nothing of the C
 * library but memcpy and memset, so that a guest without one can use it.
 *
 * The caller gives pages that are already granted to the back half, and writes
 * what blk_front says about the ring to the store.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <xen/io/blkif.h>
#include <xen/xen.h>

#include "pv-drivers/ring/ring.h"

#define BLK_FRONT_PAGES_MAX 16u
#define BLK_FRONT_OPEN_MAX  512u /* requests of the largest ring */

struct env;

struct blk_front;

typedef void blk_front_done(void *context, int16_t status);

/* One request until its response. */
struct blk_front_open {
	blk_front_done *done; /* NULL: free */
	void *context;
	uint8_t operation; /* that the response must repeat */
};

struct blk_front {
	struct env *env;
	struct ring_front ring;
	uint32_t refs[BLK_FRONT_PAGES_MAX]; /* for ring-ref */
	unsigned int pages;
	uint32_t port;  /* for event-channel */
	bool is_broken; /* the back half broke the ring's rules */
	struct blk_front_open open[BLK_FRONT_OPEN_MAX];
};

/* Makes a ring of `pages` (a power of two) for `domain`. 0 or an error. */
int blk_front_init(struct blk_front *front, struct env *env, uint16_t domain,
		   unsigned int pages);

/*
 * Puts a request with up to BLKIF_MAX_SEGMENTS_PER_REQUEST segments into the
 * ring. `done` is called from blk_front_poll(). -EAGAIN if the ring is full.
 */
int blk_front_request(struct blk_front *front, uint8_t operation,
		      uint64_t sector,
		      const struct blkif_request_segment *segments,
		      unsigned int count, blk_front_done *done, void *context);

/* The same with `count` segments in the page that `ref` grants. */
int blk_front_indirect(struct blk_front *front, uint8_t operation,
		       uint64_t sector, uint32_t ref, unsigned int count,
		       blk_front_done *done, void *context);

int blk_front_discard(struct blk_front *front, uint64_t sector, uint64_t count,
		      blk_front_done *done, void *context);

/* Shows the new requests to the back half. */
void blk_front_push(struct blk_front *front);

/* Takes all responses; returns how many. */
unsigned int blk_front_poll(struct blk_front *front);
