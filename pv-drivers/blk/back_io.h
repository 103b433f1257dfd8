/* SPDX-License-Identifier: MIT */
/*
 * One request of the block back half on its way; for back.c and back_io.c
 * only. A slot is taken, checked, has its data fetched, is at the storage, has
 * its data delivered, and is done; back.c answers it when it is its turn.
 */
#pragma once

#include "pv-drivers/blk/back.h"
#include "pv-drivers/blk/storage.h"
#include "pv-drivers/blk/transfer.h"
#include "pv-drivers/ring/ring.h"

struct queue;

/* One request: a slot of a ring. */
struct io {
	struct storage_io storage;
	struct queue *queue;
	void *buffer;
	uint64_t bytes; /* of the buffer */
	int16_t status;
	bool is_done;
	bool data_follows; /* the flush before a barrier's data is under way */
	struct blk_request request;
};

/* One ring. */
struct queue {
	struct blk_back *back;
	struct ring_back ring;
	unsigned int pages;
	uint32_t port;
	struct io *ios; /* one for each slot of the ring */
};

struct blk_back {
	struct blk_back_config config;
	struct blk_limits limits;
	struct transfer transfer;
	struct queue queues[BLK_QUEUES_MAX];
	unsigned int queue_count;
	uint32_t under_way; /* requests at the storage */
	uint64_t buffered;  /* bytes */
	struct blk_counts counts;
	struct io *barrier; /* waits or is under way */
	bool is_stopped;
	bool is_broken;
};

/*
 * Reads and checks the slot, and gets the data of a write. 0, or the status
 * the request is done with.
 */
int16_t back_io_prepare(struct io *io, const uint8_t *slot);

/* Hands a prepared request to the storage. It may be done before this returns. */
void back_io_start(struct io *io);

/* Marks a request as done. */
void back_io_finish(struct io *io, int16_t status);

/* Gives the buffer of a request back, if it has one. */
void back_io_release(struct io *io);
