/* SPDX-License-Identifier: MIT */
#include "unit/pv-drivers/blk/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct rig rig;

static unsigned int answer_order;

static void end(struct storage_io *io)
{
	struct rig_storage *s = &rig.storage;

	if (s->error == 0 && io->op == STORAGE_READ) {
		memcpy(io->buffer, s->bytes + io->offset, io->length);
	}
	if (s->error == 0 && io->op == STORAGE_WRITE) {
		memcpy(s->bytes + io->offset, io->buffer, io->length);
	}
	if (s->error == 0 && io->op == STORAGE_DISCARD) {
		memset(s->bytes + io->offset, 0, io->length);
	}
	io->done(io, s->error);
}

static void start(struct storage *storage, struct storage_io *io)
{
	struct rig_storage *s = (struct rig_storage *)storage;

	assert_true(io->offset + io->length <= sizeof(s->bytes));
	assert_true(s->log_count < RIG_LOG);
	s->log[s->log_count++] = io->op;
	if (s->hold) {
		s->held[s->held_count++] = io;
	} else {
		end(io);
	}
}

static void close_storage(struct storage *storage)
{
	(void)storage;
}

static const struct storage_ops rig_ops = { start, close_storage };

static void complain(void *context, const char *what)
{
	(void)context;
	(void)what;
	rig.complaints++;
}

void rig_storage_init(void)
{
	memset(&rig, 0, sizeof(rig));
	rig.storage.storage = (struct storage){
		.ops = &rig_ops,
		.sectors = RIG_SECTORS,
		.physical_sector = 4096,
		.discard_granularity = 4096,
		.can_discard = true,
	};
	rig_fill(rig.storage.bytes, sizeof(rig.storage.bytes), 1);
	rig.env = env_open();
	rig.pages = env_pages(rig.env, RIG_PAGES);
	for (unsigned int i = 0; i < RIG_PAGES; i++) {
		rig.refs[i] = (uint32_t)env_grant(
			rig.env, 0, rig.pages + i * ENV_PAGE_SIZE, true);
	}
	rig.read_only_ref = (uint32_t)env_grant(rig.env, 0, rig.pages, false);
	rig.config = (struct blk_back_config){
		.env = rig.env,
		.storage = &rig.storage.storage,
		.domain = FAKE_GUEST,
		.complain = complain,
	};
	answer_order = 0;
}

static void open_back(void)
{
	rig.back = blk_back_open(&rig.config);
	assert_non_null(rig.back);
	for (unsigned int i = 0; i < rig.queues; i++) {
		const struct blk_front *f = &rig.fronts[i];

		assert_int_equal(blk_back_add_queue(rig.back, f->refs, f->pages,
						    f->port),
				 0);
	}
}

void rig_open(unsigned int queues, unsigned int pages)
{
	rig.queues = queues;
	for (unsigned int i = 0; i < queues; i++) {
		assert_int_equal(
			blk_front_init(&rig.fronts[i], rig.env, 0, pages), 0);
	}
	open_back();
}

/* Whatever the old process had under way leaves no trace in the ring. */
void rig_reopen(void)
{
	const int error = rig.storage.error;

	rig.storage.error = 5;
	rig_end_all();
	rig.storage.error = error;
	blk_back_close(rig.back);
	open_back();
}

void rig_close(void)
{
	if (rig.back != NULL) {
		blk_back_stop(rig.back);
		rig_end_all();
		blk_back_close(rig.back);
	}
	assert_int_equal(fake_counts(rig.env).maps, 0);
	env_close(rig.env);
}

void rig_run(void)
{
	bool more = true;

	while (more) {
		env_dispatch(rig.env);
		more = blk_back_run(rig.back);
		for (unsigned int i = 0; i < rig.queues; i++) {
			more |= blk_front_poll(&rig.fronts[i]) != 0;
		}
	}
}

void rig_end(unsigned int index)
{
	struct storage_io *io = rig.storage.held[index];

	rig.storage.held_count--;
	memmove(&rig.storage.held[index], &rig.storage.held[index + 1],
		(rig.storage.held_count - index) * sizeof(io));
	end(io);
}

void rig_end_all(void)
{
	while (rig.storage.held_count != 0) {
		rig_end(0);
	}
}

void rig_done(void *context, int16_t status)
{
	struct rig_answer *a = (struct rig_answer *)context;

	assert_false(a->is_there);
	a->is_there = true;
	a->status = status;
	a->order = answer_order++;
}

void rig_segments(struct blkif_request_segment *segments, unsigned int first,
		  unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		segments[i] = (struct blkif_request_segment){
			.gref = rig.refs[first + i],
			.first_sect = 0,
			.last_sect = 7,
		};
	}
}

void rig_start(uint8_t operation, uint64_t sector, unsigned int first,
	       unsigned int count, struct rig_answer *answer)
{
	struct blkif_request_segment s[BLKIF_MAX_SEGMENTS_PER_REQUEST];

	*answer = (struct rig_answer){ 0 };
	rig_segments(s, first, count);
	assert_int_equal(blk_front_request(&rig.fronts[0], operation, sector, s,
					   count, rig_done, answer),
			 0);
	blk_front_push(&rig.fronts[0]);
}

int16_t rig_request(uint8_t operation, uint64_t sector, unsigned int first,
		    unsigned int count)
{
	struct rig_answer answer;

	rig_start(operation, sector, first, count, &answer);
	rig_run();
	assert_true(answer.is_there);
	return answer.status;
}

void rig_fill(uint8_t *to, size_t bytes, uint32_t seed)
{
	for (size_t i = 0; i < bytes; i++) {
		seed = seed * 1664525u + 1013904223u;
		to[i] = (uint8_t)(seed >> 24);
	}
}
