/* SPDX-License-Identifier: MIT */
#include "pv-drivers/blk/back_io.h"

#include <errno.h>

#include "pv-drivers/blk/buffer.h"

static void complain(struct blk_back *b, const char *what)
{
	b->config.complain(b->config.context, what);
}

void back_io_release(struct io *io)
{
	if (io->buffer != NULL) {
		buffer_put(io->buffer, io->bytes);
		io->queue->back->buffered -= io->bytes;
		io->buffer = NULL;
	}
}

/* A barrier, and a flush with data, is a write. */
static void count(struct blk_counts *counts, const struct blk_request *r)
{
	if (r->kind == BLK_READ) {
		counts->reads++;
		counts->read_sectors += r->sector_count;
	} else if (r->kind == BLK_FLUSH && r->sector_count == 0) {
		counts->flushes++;
	} else if (r->kind != BLK_DISCARD) {
		counts->writes++;
		counts->written_sectors += r->sector_count;
	}
}

void back_io_finish(struct io *io, int16_t status)
{
	struct blk_back *b = io->queue->back;

	if (status == BLKIF_RSP_OKAY) {
		count(&b->counts, &io->request);
	}
	back_io_release(io);
	if (b->barrier == io) {
		b->barrier = NULL;
	}
	io->status = status;
	io->is_done = true;
}

static void start(struct io *io, enum storage_op op, bool durable);

/* The answer to what the storage says. */
static int16_t status_of(int error)
{
	if (error == 0) {
		return BLKIF_RSP_OKAY;
	}
	return error == EOPNOTSUPP ? BLKIF_RSP_EOPNOTSUPP : BLKIF_RSP_ERROR;
}

static void storage_done(struct storage_io *s, int error)
{
	struct io *io = (struct io *)s;
	struct blk_back *b = io->queue->back;

	b->under_way--;
	if (error == 0 && io->data_follows) {
		io->data_follows = false;
		start(io, STORAGE_WRITE, true);
		return;
	}
	if (error == 0 && s->op == STORAGE_READ &&
	    transfer_data(&b->transfer, &io->request, io->buffer, true) != 0) {
		complain(b, "cannot copy to the granted pages");
		error = EFAULT;
	}
	back_io_finish(io, status_of(error));
}

static void start(struct io *io, enum storage_op op, bool durable)
{
	struct blk_back *b = io->queue->back;

	io->storage = (struct storage_io){
		.op = op,
		.durable = durable,
		.offset = io->request.sector * STORAGE_SECTOR,
		.length = io->request.sector_count * STORAGE_SECTOR,
		.buffer = io->buffer,
		.done = storage_done,
	};
	b->under_way++;
	b->config.storage->ops->start(b->config.storage, &io->storage);
}

/*
 * Starts a checked request that has its data. A flush may come with data to
 * write after it, and a barrier is a flush, then durable data.
 */
void back_io_start(struct io *io)
{
	switch (io->request.kind) {
	case BLK_READ:
		start(io, STORAGE_READ, false);
		return;
	case BLK_WRITE:
		start(io, STORAGE_WRITE, false);
		return;
	case BLK_DISCARD:
		start(io, STORAGE_DISCARD, false);
		return;
	case BLK_FLUSH:
	case BLK_BARRIER:
		io->data_follows = io->request.segment_count != 0;
		start(io, STORAGE_FLUSH, false);
		return;
	}
}

/* Gets a buffer, with the data of a write in it. 0 or a status. */
static int16_t prepare_data(struct blk_back *b, struct io *io)
{
	if (io->request.segment_count == 0) {
		return 0;
	}
	io->bytes = io->request.sector_count * STORAGE_SECTOR;
	io->buffer = buffer_get(io->bytes);
	if (io->buffer == NULL) {
		return BLKIF_RSP_ERROR;
	}
	b->buffered += io->bytes;
	if (blk_request_writes(&io->request) &&
	    transfer_data(&b->transfer, &io->request, io->buffer, false) != 0) {
		complain(b, "cannot copy from the granted pages");
		return BLKIF_RSP_ERROR;
	}
	return 0;
}

int16_t back_io_prepare(struct io *io, const uint8_t *slot)
{
	struct blk_back *b = io->queue->back;
	struct blk_request *r = &io->request;
	int16_t status = blk_request_decode(b->config.protocol, slot, r);

	if (status == 0 && r->indirect &&
	    transfer_segments(&b->transfer, r) != 0) {
		complain(b, "cannot read the page of indirect segments");
		return BLKIF_RSP_ERROR;
	}
	if (status == 0) {
		status = blk_request_check(r, &b->limits);
	}
	if (status == BLKIF_RSP_ERROR) {
		complain(b, "bad request");
	}
	return status == 0 ? prepare_data(b, io) : status;
}
