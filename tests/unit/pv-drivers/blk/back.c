/* SPDX-License-Identifier: MIT */
#include "pv-drivers/blk/back.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "unit/pv-drivers/blk/rig.h"

#define PAGE ENV_PAGE_SIZE

static int setup(void **state)
{
	(void)state;
	rig_storage_init();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_close();
	return 0;
}

static const uint8_t *disk(uint64_t sector)
{
	return rig.storage.bytes + sector * STORAGE_SECTOR;
}

static void test_read(void **state)
{
	(void)state;
	rig_open(1, 1);
	assert_int_equal(rig_request(BLKIF_OP_READ, 3, 0, 11), BLKIF_RSP_OKAY);
	assert_memory_equal(rig.pages, disk(3), 11 * PAGE);
}

static void test_write(void **state)
{
	uint8_t before[STORAGE_SECTOR];

	(void)state;
	rig_open(1, 1);
	memcpy(before, disk(7 + 80), sizeof(before));
	rig_fill(rig.pages, 10 * PAGE, 99);
	assert_int_equal(rig_request(BLKIF_OP_WRITE, 7, 0, 10), BLKIF_RSP_OKAY);
	assert_memory_equal(rig.pages, disk(7), 10 * PAGE);
	assert_memory_equal(before, disk(7 + 80), sizeof(before));
}

static void test_parts_of_pages(void **state)
{
	const struct blkif_request_segment s[] = {
		{ rig.refs[4], 7, 7 },
		{ rig.refs[2], 1, 3 },
		{ rig.refs[9], 0, 0 },
	};
	struct rig_answer a = { 0 };

	(void)state;
	rig_open(1, 1);
	memset(rig.pages, 0xee, 10 * PAGE);
	blk_front_request(&rig.fronts[0], BLKIF_OP_READ, RIG_SECTORS - 5, s, 3,
			  rig_done, &a);
	blk_front_push(&rig.fronts[0]);
	rig_run();
	assert_true(a.is_there && a.status == BLKIF_RSP_OKAY);
	assert_memory_equal(rig.pages + 4 * PAGE + 7 * 512,
			    disk(RIG_SECTORS - 5), 512);
	assert_memory_equal(rig.pages + 2 * PAGE + 512, disk(RIG_SECTORS - 4),
			    3 * 512);
	assert_memory_equal(rig.pages + 9 * PAGE, disk(RIG_SECTORS - 1), 512);
	assert_int_equal(rig.pages[2 * PAGE + 511], 0xee);
	assert_int_equal(rig.pages[2 * PAGE + 2048], 0xee);
}

/* The page of segments is the last data page. */
static struct rig_answer indirect(uint8_t operation, uint64_t sector,
				  unsigned int count)
{
	struct rig_answer a = { 0 };
	struct blkif_request_segment *s =
		(struct blkif_request_segment *)(rig.pages +
						 (RIG_PAGES - 1) * PAGE);

	rig_segments(s, 0, count);
	blk_front_indirect(&rig.fronts[0], operation, sector,
			   rig.refs[RIG_PAGES - 1], count, rig_done, &a);
	blk_front_push(&rig.fronts[0]);
	rig_run();
	assert_true(a.is_there);
	return a;
}

static void check_indirect(void)
{
	rig_fill(rig.pages, 256 * PAGE, 5);
	assert_int_equal(indirect(BLKIF_OP_WRITE, 16, 256).status, 0);
	assert_memory_equal(rig.pages, disk(16), 256 * PAGE);
	memset(rig.pages, 0, 200 * PAGE);
	assert_int_equal(indirect(BLKIF_OP_READ, 16, 200).status, 0);
	assert_memory_equal(rig.pages, disk(16), 200 * PAGE);
}

static void test_indirect(void **state)
{
	(void)state;
	rig_open(1, 1);
	check_indirect();
}

static void test_persistent(void **state)
{
	unsigned int calls;

	(void)state;
	rig.config.persistent = true;
	rig_open(1, 1);
	check_indirect();
	calls = fake_counts(rig.env).map_calls;
	assert_int_equal(indirect(BLKIF_OP_READ, 32, 256).status, 0);
	assert_memory_equal(rig.pages, disk(32), 256 * PAGE);
	assert_int_equal(fake_counts(rig.env).map_calls, calls);
	assert_int_equal(fake_counts(rig.env).copies, 0);
}

static void test_persistent_falls_back(void **state)
{
	(void)state;
	rig.config.persistent = true;
	rig_open(1, 1);
	fake_fail_maps(rig.env, 3);
	assert_int_equal(rig_request(BLKIF_OP_READ, 0, 0, 5), BLKIF_RSP_OKAY);
	assert_memory_equal(rig.pages, disk(0), 5 * PAGE);
	assert_int_equal(fake_counts(rig.env).copies, 3);
}

static void test_queues(void **state)
{
	struct rig_answer answers[4][32];

	(void)state;
	memset(answers, 0, sizeof(answers));
	rig_open(4, 4);
	for (unsigned int i = 0; i < 32; i++) {
		for (unsigned int q = 0; q < 4; q++) {
			const unsigned int n = i * 4 + q;
			struct blkif_request_segment s;

			rig_segments(&s, n, 1);
			blk_front_request(&rig.fronts[q], BLKIF_OP_READ, n * 8,
					  &s, 1, rig_done, &answers[q][i]);
			blk_front_push(&rig.fronts[q]);
		}
	}
	rig_run();
	for (unsigned int n = 0; n < 128; n++) {
		assert_true(answers[n % 4][n / 4].is_there);
	}
	assert_memory_equal(rig.pages, disk(0), 128 * PAGE);
}

static void test_full_ring_many_times(void **state)
{
	struct rig_answer answers[128];

	(void)state;
	rig_open(1, 4);
	assert_int_equal(rig.fronts[0].ring.ring.size, 128);
	for (unsigned int round = 0; round < 20; round++) {
		rig.storage.log_count = 0;
		for (unsigned int i = 0; i < 128; i++) {
			rig_start(BLKIF_OP_READ, i, i, 1, &answers[i]);
		}
		rig_run();
		for (unsigned int i = 0; i < 128; i++) {
			assert_true(answers[i].is_there);
		}
	}
}

static void test_read_only(void **state)
{
	(void)state;
	rig.config.read_only = true;
	rig_open(1, 1);
	assert_int_equal(rig_request(BLKIF_OP_WRITE, 0, 0, 1), BLKIF_RSP_ERROR);
	assert_int_equal(rig_request(BLKIF_OP_WRITE_BARRIER, 0, 0, 1),
			 BLKIF_RSP_ERROR);
	assert_int_equal(rig_request(BLKIF_OP_FLUSH_DISKCACHE, 0, 0, 1),
			 BLKIF_RSP_ERROR);
	assert_int_equal(indirect(BLKIF_OP_WRITE, 0, 12).status,
			 BLKIF_RSP_ERROR);
	assert_int_equal(rig.storage.log_count, 0);
	assert_int_equal(rig_request(BLKIF_OP_READ, 0, 0, 1), BLKIF_RSP_OKAY);
	assert_int_equal(rig_request(BLKIF_OP_FLUSH_DISKCACHE, 0, 0, 0),
			 BLKIF_RSP_OKAY);
}

static void test_discard(void **state)
{
	static const uint8_t zeroes[8 * 512];
	struct rig_answer a = { 0 };

	(void)state;
	rig_open(1, 1);
	blk_front_discard(&rig.fronts[0], 40, 8, rig_done, &a);
	blk_front_push(&rig.fronts[0]);
	rig_run();
	assert_true(a.is_there && a.status == BLKIF_RSP_OKAY);
	assert_memory_equal(disk(40), zeroes, sizeof(zeroes));
}

static void test_storage_errors(void **state)
{
	(void)state;
	rig_open(1, 1);
	memset(rig.pages, 0xee, PAGE);
	rig.storage.error = EIO;
	assert_int_equal(rig_request(BLKIF_OP_READ, 0, 0, 1), BLKIF_RSP_ERROR);
	assert_int_equal(rig.pages[0], 0xee);
	assert_int_equal(rig_request(BLKIF_OP_WRITE_BARRIER, 0, 0, 1),
			 BLKIF_RSP_ERROR);
	assert_int_equal(rig.storage.log_count, 2);
	rig.storage.error = EOPNOTSUPP;
	assert_int_equal(rig_request(BLKIF_OP_FLUSH_DISKCACHE, 0, 0, 0),
			 BLKIF_RSP_EOPNOTSUPP);
}

static void test_answers_in_order(void **state)
{
	struct rig_answer a[4];

	(void)state;
	rig_open(1, 1);
	rig.storage.hold = true;
	for (unsigned int i = 0; i < 4; i++) {
		rig_start(BLKIF_OP_READ, i, i, 1, &a[i]);
	}
	rig_run();
	assert_int_equal(rig.storage.held_count, 4);
	rig_end(3);
	rig_end(1);
	rig_run();
	assert_false(a[0].is_there || a[1].is_there || a[3].is_there);
	rig_end(0);
	rig_run();
	assert_true(a[0].is_there && a[1].is_there && !a[3].is_there);
	assert_true(a[0].order < a[1].order);
	rig_end_all();
	rig_run();
	assert_true(a[2].is_there && a[3].is_there);
}

/* A flush is with the storage at once: it speaks of ended writes only. */
static void test_flush(void **state)
{
	struct rig_answer w, f, d;

	(void)state;
	rig_open(1, 1);
	rig.storage.hold = true;
	rig_start(BLKIF_OP_WRITE, 0, 0, 1, &w);
	rig_start(BLKIF_OP_FLUSH_DISKCACHE, 0, 0, 0, &f);
	rig_run();
	assert_int_equal(rig.storage.held_count, 2);
	assert_int_equal(rig.storage.held[1]->op, STORAGE_FLUSH);
	rig_end_all();
	rig_run();
	assert_true(w.is_there && f.is_there);

	/* With data: first the flush, then the data, durable. */
	rig_start(BLKIF_OP_FLUSH_DISKCACHE, 8, 0, 1, &d);
	rig_run();
	assert_int_equal(rig.storage.held[0]->op, STORAGE_FLUSH);
	rig_end(0);
	rig_run();
	assert_int_equal(rig.storage.held[0]->op, STORAGE_WRITE);
	assert_true(rig.storage.held[0]->durable);
	rig_end(0);
	rig_run();
	assert_true(d.is_there && d.status == BLKIF_RSP_OKAY);
}

/* What has failed, and what is under way, is not done. */
static void test_counts(void **state)
{
	const struct blk_counts *counts;
	struct rig_answer a[5];

	(void)state;
	rig_open(1, 1);
	counts = blk_back_counts(rig.back);
	rig_start(BLKIF_OP_WRITE, 0, 0, 2, &a[0]);
	rig_start(BLKIF_OP_READ, 8, 2, 1, &a[1]);
	rig_start(BLKIF_OP_FLUSH_DISKCACHE, 0, 0, 0, &a[2]);
	rig_start(BLKIF_OP_READ, UINT64_MAX / 2, 3, 1, &a[3]);
	rig_run();
	assert_int_not_equal(a[3].status, BLKIF_RSP_OKAY);
	rig.storage.hold = true;
	rig_start(BLKIF_OP_READ, 8, 4, 1, &a[4]);
	rig_run();
	assert_int_equal(counts->reads, 1);
	assert_int_equal(counts->writes, 1);
	assert_int_equal(counts->flushes, 1);
	assert_int_equal(counts->read_sectors, 8);
	assert_int_equal(counts->written_sectors, 16);
	rig_end_all();
	rig_run();
	assert_int_equal(counts->reads, 2);
}

static void test_barrier(void **state)
{
	struct rig_answer w, b, after;

	(void)state;
	rig_open(1, 1);
	rig.storage.hold = true;
	rig_start(BLKIF_OP_WRITE, 0, 0, 1, &w);
	rig_start(BLKIF_OP_WRITE_BARRIER, 8, 1, 1, &b);
	rig_start(BLKIF_OP_WRITE, 16, 2, 1, &after);
	rig_run();
	assert_int_equal(rig.storage.held_count, 1);
	rig_end(0);
	rig_run();
	assert_int_equal(rig.storage.held_count, 1);
	assert_int_equal(rig.storage.held[0]->op, STORAGE_FLUSH);
	rig_end(0);
	rig_run();
	assert_int_equal(rig.storage.held_count, 1);
	assert_int_equal(rig.storage.held[0]->op, STORAGE_WRITE);
	assert_true(rig.storage.held[0]->durable);
	assert_int_equal(rig.storage.held[0]->offset, 8 * 512);
	rig_end(0);
	rig_run();
	assert_true(w.is_there && b.is_there && !after.is_there);
	assert_int_equal(rig.storage.held[0]->offset, 16 * 512);
	rig_end(0);
	rig_run();
	assert_true(after.is_there);
}

/* A guest that closes while a barrier waits. */
static void test_close_with_waiting_barrier(void **state)
{
	struct rig_answer w, b;

	(void)state;
	rig_open(1, 1);
	rig.storage.hold = true;
	rig_start(BLKIF_OP_WRITE, 0, 0, 1, &w);
	rig_start(BLKIF_OP_WRITE_BARRIER, 8, 1, 1, &b);
	rig_run();
	assert_false(blk_back_is_idle(rig.back));
}

/* More data than a disk may have on its way goes in turns. */
static void test_bounded_buffers(void **state)
{
	struct rig_answer answers[32];
	struct blkif_request_segment *s =
		(struct blkif_request_segment *)(rig.pages +
						 (RIG_PAGES - 1) * PAGE);

	(void)state;
	rig_open(1, 1);
	memset(answers, 0, sizeof(answers));
	rig_segments(s, 0, 256);
	rig.storage.hold = true;
	for (unsigned int i = 0; i < 32; i++) {
		blk_front_indirect(&rig.fronts[0], BLKIF_OP_READ, i,
				   rig.refs[RIG_PAGES - 1], 256, rig_done,
				   &answers[i]);
	}
	blk_front_push(&rig.fronts[0]);
	rig_run();
	assert_in_range(rig.storage.held_count, 1, 16);
	while (rig.storage.held_count != 0) {
		rig_end(rig.storage.held_count - 1);
		rig_run();
	}
	for (unsigned int i = 0; i < 32; i++) {
		assert_true(answers[i].is_there);
	}
}

static void test_restart(void **state)
{
	struct rig_answer a[6];

	(void)state;
	rig_open(1, 1);
	rig_fill(rig.pages, 6 * PAGE, 77);
	rig_request(BLKIF_OP_READ, 0, 20, 1);
	rig.storage.hold = true;
	for (unsigned int i = 0; i < 6; i++) {
		rig_start(BLKIF_OP_WRITE, 8 * i, i, 1, &a[i]);
	}
	rig_run();
	rig_end(0); /* answered */
	rig_run();
	rig_end(2); /* ended, not answered: a request before it is not */
	rig_run();
	assert_true(a[0].is_there && !a[3].is_there);

	rig_reopen();
	rig.storage.log_count = 0;
	rig_run();
	assert_int_equal(rig.storage.held_count, 5);
	rig_end_all();
	rig_run();
	for (unsigned int i = 0; i < 6; i++) {
		assert_true(a[i].is_there);
		assert_int_equal(a[i].status, BLKIF_RSP_OKAY);
	}
	assert_memory_equal(rig.pages, disk(0), 6 * PAGE);
	rig.storage.hold = false;
	assert_int_equal(rig_request(BLKIF_OP_READ, 100, 0, 3), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_read),
		TEST(test_write),
		TEST(test_parts_of_pages),
		TEST(test_indirect),
		TEST(test_persistent),
		TEST(test_persistent_falls_back),
		TEST(test_queues),
		TEST(test_full_ring_many_times),
		TEST(test_read_only),
		TEST(test_discard),
		TEST(test_storage_errors),
		TEST(test_answers_in_order),
		TEST(test_flush),
		TEST(test_counts),
		TEST(test_barrier),
		TEST(test_close_with_waiting_barrier),
		TEST(test_bounded_buffers),
		TEST(test_restart),
	};

	return cmocka_run_group_tests_name("blk/back", tests, NULL, NULL);
}
