/* SPDX-License-Identifier: MIT */
#include "pv-drivers/blk/front.h"

#include <errno.h>
#include <string.h>

#include "pv-drivers/env/env.h"

static void on_event(void *context)
{
	blk_front_poll((struct blk_front *)context);
}

int blk_front_init(struct blk_front *f, struct env *env, uint16_t domain,
		   unsigned int pages)
{
	uint8_t *shared = (uint8_t *)env_pages(env, pages);

	memset(f, 0, sizeof(*f));
	if (shared == NULL) {
		return -ENOMEM;
	}
	f->env = env;
	f->pages = pages;
	ring_front_init(&f->ring, shared, (size_t)pages * ENV_PAGE_SIZE,
			sizeof(union blkif_sring_entry));
	for (unsigned int i = 0; i < pages; i++) {
		const int ref = env_grant(
			env, domain, shared + (size_t)i * ENV_PAGE_SIZE, true);

		if (ref < 0) {
			return ref;
		}
		f->refs[i] = (uint32_t)ref;
	}

	const int port = env_offer(env, domain, on_event, f);

	if (port < 0) {
		return port;
	}
	f->port = (uint32_t)port;
	return 0;
}

/* A free number for a request; the ring's size says there is one. */
static uint32_t new_id(const struct blk_front *f)
{
	uint32_t id = 0;

	while (f->open[id].done != NULL) {
		id++;
	}
	return id;
}

/* A number for a new request, or -EAGAIN. */
static int begin(struct blk_front *f, uint8_t operation, blk_front_done *done,
		 void *context)
{
	if (ring_front_free(&f->ring) == 0 || f->is_broken) {
		return -EAGAIN;
	}

	const uint32_t id = new_id(f);

	f->open[id] = (struct blk_front_open){
		.done = done,
		.context = context,
		.operation = operation,
	};
	return (int)id;
}

int blk_front_request(struct blk_front *f, uint8_t operation, uint64_t sector,
		      const struct blkif_request_segment *segments,
		      unsigned int count, blk_front_done *done, void *context)
{
	const int id = begin(f, operation, done, context);

	if (id < 0) {
		return id;
	}

	struct blkif_request r = {
		.operation = operation,
		.nr_segments = (uint8_t)count,
		.id = (uint64_t)id,
		.sector_number = sector,
	};

	if (count != 0) {
		memcpy(r.seg, segments, count * sizeof(r.seg[0]));
	}
	ring_front_put(&f->ring, &r, sizeof(r));
	return 0;
}

int blk_front_indirect(struct blk_front *f, uint8_t operation, uint64_t sector,
		       uint32_t ref, unsigned int count, blk_front_done *done,
		       void *context)
{
	const int id = begin(f, operation, done, context);

	if (id < 0) {
		return id;
	}

	const struct blkif_request_indirect r = {
		.operation = BLKIF_OP_INDIRECT,
		.indirect_op = operation,
		.nr_segments = (uint16_t)count,
		.id = (uint64_t)id,
		.sector_number = sector,
		.indirect_grefs = { ref },
	};

	ring_front_put(&f->ring, &r, sizeof(r));
	return 0;
}

int blk_front_discard(struct blk_front *f, uint64_t sector, uint64_t count,
		      blk_front_done *done, void *context)
{
	const int id = begin(f, BLKIF_OP_DISCARD, done, context);

	if (id < 0) {
		return id;
	}

	const struct blkif_request_discard r = {
		.operation = BLKIF_OP_DISCARD,
		.id = (uint64_t)id,
		.sector_number = sector,
		.nr_sectors = count,
	};

	ring_front_put(&f->ring, &r, sizeof(r));
	return 0;
}

void blk_front_push(struct blk_front *f)
{
	if (ring_front_push(&f->ring)) {
		env_notify(f->env, f->port);
	}
}

/* False if the response answers nothing that was asked. */
static bool take_one(struct blk_front *f)
{
	struct blkif_response r;

	ring_front_take(&f->ring, &r, sizeof(r));
	if (r.id >= BLK_FRONT_OPEN_MAX || f->open[r.id].done == NULL ||
	    f->open[r.id].operation != r.operation) {
		return false;
	}

	const struct blk_front_open open = f->open[r.id];

	f->open[r.id].done = NULL;
	open.done(open.context, r.status);
	return true;
}

unsigned int blk_front_poll(struct blk_front *f)
{
	unsigned int taken = 0;
	uint32_t count;

	while (!f->is_broken) {
		if (!ring_front_pending(&f->ring, &count)) {
			f->is_broken = true;
			break;
		}
		if (count == 0) {
			ring_front_rest(&f->ring);
			if (ring_front_pending(&f->ring, &count) &&
			    count == 0) {
				break;
			}
			continue;
		}
		f->is_broken = !take_one(f);
		taken++;
	}
	return taken;
}
