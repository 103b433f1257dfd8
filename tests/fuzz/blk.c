/* SPDX-License-Identifier: MIT */
/*
 * Random ring slots, indices and segment pages against the block back half.
 * The storage checks that nothing outside the disk is asked for; every request
 * taken is answered, once, and nothing stays mapped.
 */
#include <stdlib.h>
#include <string.h>

#include "pv-drivers/blk/back.h"
#include "pv-drivers/blk/front.h"
#include "pv-drivers/blk/storage.h"
#include "pv-drivers/env/env.h"
#include "pv-drivers/env/fake.h"

#define SECTORS 64u
#define PAGES   4u
#define SLOT    sizeof(union blkif_sring_entry)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t disk[SECTORS * STORAGE_SECTOR];

static void check(bool ok)
{
	if (!ok) {
		abort();
	}
}

static void start(struct storage *storage, struct storage_io *io)
{
	check(io->offset % STORAGE_SECTOR == 0);
	if (io->op == STORAGE_READ || io->op == STORAGE_WRITE) {
		check(io->length != 0 && io->length <= sizeof(disk) &&
		      io->offset <= sizeof(disk) - io->length);
		check(!storage->read_only || io->op == STORAGE_READ);
	}
	if (io->op == STORAGE_READ) {
		memcpy(io->buffer, disk + io->offset, io->length);
	} else if (io->op == STORAGE_WRITE) {
		memcpy(disk + io->offset, io->buffer, io->length);
	}
	io->done(io, 0);
}

static void complain(void *context, const char *what)
{
	(void)context;
	(void)what;
}

static void feed(struct blk_back *back, struct blk_front *front, uint8_t *pages,
		 const uint8_t *data, size_t size)
{
	struct ring_sring *s = front->ring.ring.shared;

	while (size > SLOT && !blk_back_is_broken(back)) {
		const uint8_t how = data[0];
		uint32_t before = s->rsp_prod;

		memcpy(ring_slot(&front->ring.ring, s->req_prod), data + 1,
		       SLOT);
		memcpy(pages + (how % PAGES) * ENV_PAGE_SIZE, data + 1, SLOT);
		s->req_prod += how < 250 ? 1 : how;
		while (blk_back_run(back)) {
		}
		check(blk_back_is_broken(back) || s->rsp_prod == s->req_prod);
		check(s->rsp_prod - before <= front->ring.ring.size);
		data += SLOT + 1;
		size -= SLOT + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct storage_ops ops = { .start = start };
	static struct blk_front front;
	struct env *env = env_open();
	uint8_t *pages = (uint8_t *)env_pages(env, PAGES);
	struct storage storage = { .ops = &ops, .sectors = SECTORS };
	struct blk_back_config config = {
		.env = env,
		.storage = &storage,
		.domain = FAKE_GUEST,
		.complain = complain,
	};

	if (size != 0) {
		storage.read_only = data[0] & 1;
		storage.can_discard = data[0] & 2;
		config.persistent = data[0] & 4;
		config.protocol =
			data[0] & 8 ? BLK_PROTOCOL_X86_32 : BLK_PROTOCOL_X86_64;
	}
	for (unsigned int i = 0; i < PAGES; i++) {
		env_grant(env, 0, pages + i * ENV_PAGE_SIZE, i != 0);
	}
	check(blk_front_init(&front, env, 0, 1) == 0);
	front.ring.ring.entry_size = blk_slot_size(config.protocol);

	struct blk_back *back = blk_back_open(&config);

	check(blk_back_add_queue(back, front.refs, 1, front.port) == 0);
	feed(back, &front, pages, data, size);
	blk_back_close(back);
	check(fake_counts(env).maps == 0);
	env_close(env);
	return 0;
}
