/* SPDX-License-Identifier: MIT */
/*
 * The rings of a disk: what is taken from them, and what is answered when. The
 * way of one request is back_io.c's.
 *
 * A barrier has the disk for itself: nothing is taken from any ring until all
 * before it has ended, and until it has ended.
 */
#include "pv-drivers/blk/back.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "pv-drivers/blk/back_io.h"
#include "pv-drivers/blk/buffer.h"
#include "pv-drivers/blk/persist.h"

/* Data of one disk on its way. One request of the largest size always goes. */
#define BUFFERED_MAX (16u * 1024u * 1024u)

/* What Linux's block back half keeps mapped for one ring. */
#define PERSISTENT_MAX 1056u

struct blk_back *blk_back_open(const struct blk_back_config *config)
{
	struct blk_back *b = calloc(1, sizeof(*b));

	if (b == NULL) {
		return NULL;
	}
	b->config = *config;
	b->limits.sectors = config->storage->sectors;
	b->limits.read_only = config->read_only || config->storage->read_only;
	b->limits.can_discard = config->storage->can_discard;
	b->transfer.env = config->env;
	b->transfer.domain = config->domain;
	if (!config->persistent) {
		return b;
	}
	b->transfer.persist = persist_open(config->env, config->domain,
					   PERSISTENT_MAX * BLK_QUEUES_MAX);
	if (b->transfer.persist == NULL) {
		free(b);
		return NULL;
	}
	return b;
}

static void queue_event(void *context)
{
	/* Who dispatches events calls blk_back_run(), which looks at all. */
	(void)context;
}

int blk_back_add_queue(struct blk_back *b, const uint32_t *refs,
		       unsigned int pages, uint32_t remote_port)
{
	struct queue *q = &b->queues[b->queue_count];
	const struct blk_back_config *c = &b->config;

	assert(b->queue_count < BLK_QUEUES_MAX);
	assert(pages != 0 && pages <= 1u << BLK_RING_ORDER_MAX);

	void *shared = env_map(c->env, c->domain, refs, pages, true);

	if (shared == NULL) {
		return -EFAULT;
	}
	ring_back_attach(&q->ring, shared, (size_t)pages * ENV_PAGE_SIZE,
			 blk_slot_size(c->protocol));
	q->back = b;
	q->pages = pages;
	q->ios = calloc(q->ring.ring.size, sizeof(q->ios[0]));
	if (q->ios == NULL) {
		env_unmap(c->env, shared, pages);
		return -ENOMEM;
	}

	const int port =
		env_bind(c->env, c->domain, remote_port, queue_event, q);

	if (port < 0) {
		free(q->ios);
		env_unmap(c->env, shared, pages);
		return port;
	}
	q->port = (uint32_t)port;
	b->queue_count++;
	return 0;
}

void blk_back_stop(struct blk_back *b)
{
	b->is_stopped = true;
}

const struct blk_counts *blk_back_counts(const struct blk_back *b)
{
	return &b->counts;
}

bool blk_back_is_idle(const struct blk_back *b)
{
	return b->under_way == 0;
}

bool blk_back_is_broken(const struct blk_back *b)
{
	return b->is_broken;
}

void blk_back_close(struct blk_back *b)
{
	assert(blk_back_is_idle(b));
	if (b->barrier != NULL) {
		back_io_release(b->barrier); /* it never started */
	}
	for (unsigned int i = 0; i < b->queue_count; i++) {
		struct queue *q = &b->queues[i];

		env_unbind(b->config.env, q->port);
		env_unmap(b->config.env, q->ring.ring.shared, q->pages);
		free(q->ios);
	}
	if (b->transfer.persist != NULL) {
		persist_close(b->transfer.persist);
	}
	free(b);
}

static void take_one(struct queue *q)
{
	struct blk_back *b = q->back;
	uint8_t slot[BLK_SLOT_MAX] = { 0 };
	const uint32_t index = ring_back_take(&q->ring, slot);
	struct io *io = &q->ios[index & (q->ring.ring.size - 1)];

	assert(!io->is_done && io->buffer == NULL);
	io->queue = q;

	const int16_t status = back_io_prepare(io, slot);

	if (status != 0) {
		back_io_finish(io, status);
		return;
	}
	if (io->request.kind == BLK_BARRIER) {
		b->barrier = io;
		if (b->under_way != 0) {
			return;
		}
	}
	back_io_start(io);
}

static bool may_take(const struct blk_back *b)
{
	return !b->is_stopped && b->barrier == NULL &&
	       b->buffered <= BUFFERED_MAX - BUFFER_MAX;
}

/* Takes what is pending now. True if it took all there was. */
static bool take(struct queue *q)
{
	struct blk_back *b = q->back;
	uint32_t count;

	if (!ring_back_pending(&q->ring, &count)) {
		b->is_broken = true;
		blk_back_stop(b);
		b->config.complain(b->config.context,
				   "ring index out of bounds, disk closed");
		return false;
	}
	while (count != 0 && may_take(b)) {
		take_one(q);
		count--;
	}
	return count == 0;
}

/* Answers the requests that are done up to the first that is not. */
static bool answer(struct queue *q)
{
	struct blk_back *b = q->back;
	const uint32_t before = q->ring.rsp_prod;
	struct io *io = &q->ios[before & (q->ring.ring.size - 1)];

	while (io->is_done) {
		const struct blkif_response response = {
			.id = io->request.id,
			.operation = io->request.operation,
			.status = io->status,
		};

		ring_back_answer(&q->ring, &response,
				 blk_response_size(b->config.protocol));
		io->is_done = false;
		io = &q->ios[q->ring.rsp_prod & (q->ring.ring.size - 1)];
	}
	if (q->ring.rsp_prod == before) {
		return false;
	}
	if (ring_back_push(&q->ring, before)) {
		env_notify(b->config.env, q->port);
	}
	return true;
}

/* Lets the front half wake us, and looks once more. True if there is work. */
static bool rest(struct queue *q)
{
	uint32_t count;

	ring_back_rest(&q->ring);
	return !ring_back_pending(&q->ring, &count) || count != 0;
}

static bool run_queue(struct queue *q)
{
	struct blk_back *b = q->back;
	const bool took_all = take(q);
	const bool answered = answer(q);

	if (b->is_stopped) {
		return false;
	}
	if (took_all) {
		return rest(q);
	}
	/* What held it up is at the storage, or has ended just now. */
	return answered && may_take(b);
}

bool blk_back_run(struct blk_back *b)
{
	bool more = false;

	if (b->barrier != NULL && b->under_way == 0) {
		back_io_start(b->barrier);
	}
	for (unsigned int i = 0; i < b->queue_count && !b->is_broken; i++) {
		more |= run_queue(&b->queues[i]);
	}
	return more;
}
