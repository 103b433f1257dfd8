/* SPDX-License-Identifier: MIT */
/*
 * A disk whose both halves are in this process, on storage in memory that can
 * hold requests back and end them in any order.
 */
#pragma once

#include "pv-drivers/blk/back.h"
#include "pv-drivers/blk/front.h"
#include "pv-drivers/blk/storage.h"
#include "pv-drivers/env/env.h"
#include "pv-drivers/env/fake.h"

#define RIG_SECTORS 4096u
#define RIG_LOG     256u
#define RIG_PAGES   288u

struct rig_storage {
	struct storage storage;
	uint8_t bytes[RIG_SECTORS * STORAGE_SECTOR];
	bool hold; /* started requests wait for rig_end() */
	struct storage_io *held[RIG_LOG];
	unsigned int held_count;
	int error; /* of the requests that end */
	enum storage_op log[RIG_LOG];
	unsigned int log_count;
};

struct rig {
	struct env *env;
	struct rig_storage storage;
	struct blk_back_config config;
	struct blk_back *back;
	struct blk_front fronts[BLK_QUEUES_MAX];
	unsigned int queues;
	unsigned int complaints;

	/* Data pages of the guest, granted. */
	uint8_t *pages;
	uint32_t refs[RIG_PAGES];
	uint32_t read_only_ref; /* of page 0 */
};

extern struct rig rig;

/* What a response says, and in which order they came. */
struct rig_answer {
	bool is_there;
	int16_t status;
	unsigned int order;
};

/* Storage only: for rigs that connect in another way. */
void rig_storage_init(void);

/* Makes both halves, `queues` rings of `pages`. */
void rig_open(unsigned int queues, unsigned int pages);

/* Opens the back half again, as a new process would after a kill. */
void rig_reopen(void);
void rig_close(void);

/* Runs both halves until nothing moves. */
void rig_run(void);

/* Ends the held request `index`. */
void rig_end(unsigned int index);
void rig_end_all(void);

/* blk_front_done, with a struct rig_answer. */
void rig_done(void *context, int16_t status);

/* `count` whole pages from data page `first` on, as segments. */
void rig_segments(struct blkif_request_segment *segments, unsigned int first,
		  unsigned int count);

/* A request of whole pages on ring 0, to its end; the status. */
int16_t rig_request(uint8_t operation, uint64_t sector, unsigned int first,
		    unsigned int count);

/* Starts it and does not wait. */
void rig_start(uint8_t operation, uint64_t sector, unsigned int first,
	       unsigned int count, struct rig_answer *answer);

/* Bytes that depend on `seed`. */
void rig_fill(uint8_t *to, size_t bytes, uint32_t seed);
