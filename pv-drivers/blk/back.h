/* SPDX-License-Identifier: MIT */
/*
 * The back half of a paravirtual disk: takes requests from the rings of one
 * guest's disk, checks them, moves the data and answers.
 *
 * It only works inside blk_back_run(). Events and ends of storage requests are
 * noted; whoever delivers them calls blk_back_run() afterwards. Requests are
 * answered in the order they were sent, per ring (why: ring/ring.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "pv-drivers/blk/request.h"

#define BLK_QUEUES_MAX     4u
#define BLK_RING_ORDER_MAX 4u

struct env;
struct storage;
struct blk_back;

struct blk_back_config {
	struct env *env;
	struct storage *storage;
	uint16_t domain;
	enum blk_protocol protocol;
	bool read_only;
	bool persistent; /* the front half keeps its grants */

	/* One line about a request or a ring that is not as it should be. */
	void (*complain)(void *context, const char *what);
	void *context;
};

/* What was done with success since it was opened. */
struct blk_counts {
	uint64_t reads;
	uint64_t writes;
	uint64_t flushes;
	uint64_t read_sectors;
	uint64_t written_sectors;
};

/* NULL if memory is out. The storage stays the caller's. */
struct blk_back *blk_back_open(const struct blk_back_config *config);

/*
 * Attaches one ring of `pages` (a power of two) granted pages and the event
 * channel the guest offers, and serves what is unanswered in it. 0 or a
 * negative errno value.
 */
int blk_back_add_queue(struct blk_back *back, const uint32_t *refs,
		       unsigned int pages, uint32_t remote_port);

/* Works as far as it can now. True if there is more: call again soon. */
bool blk_back_run(struct blk_back *back);

/* No more requests are taken. */
void blk_back_stop(struct blk_back *back);

const struct blk_counts *blk_back_counts(const struct blk_back *back);

/* Whether no storage request is under way. */
bool blk_back_is_idle(const struct blk_back *back);

/* Whether the front half broke a ring's rules; nothing is served any more. */
bool blk_back_is_broken(const struct blk_back *back);

/* Unmaps and frees everything; must be idle. */
void blk_back_close(struct blk_back *back);
