/* SPDX-License-Identifier: MIT */
/*
 * A front half that sends what it should not. Each request is answered with
 * its own id and a status, reaches no storage, and does no harm to the next.
 */
#include "pv-drivers/blk/back.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "unit/pv-drivers/blk/rig.h"

#define SEGMENTS_PAGE (RIG_PAGES - 1)
#define NO_REF        4000u
#define NO            BLKIF_RSP_EOPNOTSUPP
#define ERR           BLKIF_RSP_ERROR

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

static struct blkif_response answer_to(const void *slot)
{
	struct ring_front *f = &rig.fronts[0].ring;
	struct blkif_response r;
	uint32_t count;

	ring_front_put(f, slot, sizeof(union blkif_sring_entry));
	blk_front_push(&rig.fronts[0]);
	/* The front half of the rig knows nothing of this request. */
	while (blk_back_run(rig.back)) {
	}
	assert_true(ring_front_pending(f, &count));
	assert_int_equal(count, 1);
	ring_front_take(f, &r, sizeof(r));
	return r;
}

struct direct_case {
	const char *what;
	uint8_t operation;
	uint8_t count;
	uint64_t sector;
	uint32_t ref; /* 0: page 0; otherwise as it is */
	uint8_t first, last;
	int16_t status;
};

static const struct direct_case direct_cases[] = {
	{ "no such operation", 7, 1, 0, 0, 0, 7, NO },
	{ "the largest operation", 255, 1, 0, 0, 0, 7, NO },
	{ "a reserved operation", 4, 1, 0, 0, 0, 7, NO },
	{ "read of nothing", 0, 0, 0, 0, 0, 7, ERR },
	{ "write of nothing", 1, 0, 0, 0, 0, 7, ERR },
	{ "12 segments", 0, 12, 0, 0, 0, 7, ERR },
	{ "255 segments", 0, 255, 0, 0, 0, 7, ERR },
	{ "barrier with 12 segments", 2, 12, 0, 0, 0, 7, ERR },
	{ "flush with 255 segments", 3, 255, 0, 0, 0, 7, ERR },
	{ "first sector after last", 0, 1, 0, 0, 5, 4, ERR },
	{ "last sector past the page", 0, 1, 0, 0, 0, 8, ERR },
	{ "both sectors past the page", 0, 1, 0, 0, 8, 8, ERR },
	{ "last sector at its largest", 1, 1, 0, 0, 0, 255, ERR },
	{ "both sectors at their largest", 1, 1, 0, 0, 255, 255, ERR },
	{ "starts at the end", 0, 1, RIG_SECTORS, 0, 0, 0, ERR },
	{ "crosses the end", 0, 1, RIG_SECTORS - 7, 0, 0, 7, ERR },
	{ "write crosses the end", 1, 1, RIG_SECTORS - 1, 0, 0, 1, ERR },
	{ "wraps around", 0, 1, UINT64_MAX - 3, 0, 0, 7, ERR },
	{ "wraps in bytes", 1, 1, UINT64_MAX / 512 + 1, 0, 0, 7, ERR },
	{ "far away", 1, 1, UINT64_C(1) << 63, 0, 0, 7, ERR },
	{ "barrier past the end", 2, 1, RIG_SECTORS, 0, 0, 7, ERR },
	{ "flush with data past the end", 3, 1, RIG_SECTORS, 0, 0, 7, ERR },
	{ "write of no grant", 1, 1, 0, NO_REF, 0, 7, ERR },
	{ "write of a huge reference", 1, 1, 0, UINT32_MAX, 0, 7, ERR },
	{ "barrier of no grant", 2, 1, 0, NO_REF, 0, 7, ERR },
};

static void check_direct(const struct direct_case *c)
{
	struct blkif_request r = {
		.operation = c->operation,
		.nr_segments = c->count,
		.id = UINT64_C(0xfeedface00000000) + c->sector,
		.sector_number = c->sector,
	};
	struct blkif_response answer;

	for (unsigned int i = 0; i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++) {
		r.seg[i].gref = c->ref == 0 ? rig.refs[0] : c->ref;
		r.seg[i].first_sect = c->first;
		r.seg[i].last_sect = c->last;
	}
	answer = answer_to(&r);
	if (answer.status != c->status) {
		fail_msg("%s: status %d", c->what, answer.status);
	}
	assert_true(answer.id == r.id && answer.operation == r.operation);
	assert_int_equal(rig.storage.log_count, 0);
}

static void test_direct(void **state)
{
	(void)state;
	rig_open(1, 1);
	for (unsigned int i = 0;
	     i < sizeof(direct_cases) / sizeof(direct_cases[0]); i++) {
		check_direct(&direct_cases[i]);
	}
	assert_int_equal(rig_request(BLKIF_OP_READ, 0, 0, 2), 0);
}

static void test_direct_persistent(void **state)
{
	rig.config.persistent = true;
	test_direct(state);
}

struct indirect_case {
	const char *what;
	uint8_t operation;
	uint16_t count;
	uint64_t sector;
	uint32_t ref;      /* of the page of segments; 0: the right one */
	uint32_t data_ref; /* of the last segment; 0: a right one */
	uint8_t last;      /* of the last segment */
	int16_t status;
};

static const struct indirect_case indirect_cases[] = {
	{ "no segments", 0, 0, 0, 0, 0, 7, ERR },
	{ "257 segments", 0, 257, 0, 0, 0, 7, ERR },
	{ "513 segments", 0, 513, 0, 0, 0, 7, ERR },
	{ "65535 segments", 1, 65535, 0, 0, 0, 7, ERR },
	{ "indirect barrier", 2, 16, 0, 0, 0, 7, ERR },
	{ "indirect flush", 3, 16, 0, 0, 0, 7, ERR },
	{ "indirect discard", 5, 16, 0, 0, 0, 7, ERR },
	{ "indirect indirect", 6, 16, 0, 0, 0, 7, ERR },
	{ "no such operation", 200, 16, 0, 0, 0, 7, ERR },
	{ "segments in no page", 0, 16, 0, NO_REF, 0, 7, ERR },
	{ "segments in a huge reference", 1, 16, 0, UINT32_MAX, 0, 7, ERR },
	{ "a segment past its page", 0, 16, 0, 0, 0, 8, ERR },
	{ "crosses the end", 0, 256, RIG_SECTORS - 2047, 0, 0, 7, ERR },
	{ "wraps around", 1, 256, UINT64_MAX - 100, 0, 0, 7, ERR },
	{ "one bad grant of many", 1, 256, 0, 0, NO_REF, 7, ERR },
};

static void check_indirect(const struct indirect_case *c)
{
	struct blkif_request_segment *s =
		(struct blkif_request_segment *)(rig.pages +
						 SEGMENTS_PAGE * ENV_PAGE_SIZE);

	struct {
		struct blkif_request_indirect r;
		uint8_t rest[sizeof(union blkif_sring_entry) -
			     sizeof(struct blkif_request_indirect)];
	} slot = { .r = {
			   .operation = BLKIF_OP_INDIRECT,
			   .indirect_op = c->operation,
			   .nr_segments = c->count,
			   .id = c->count,
			   .sector_number = c->sector,
		   } };

	const unsigned int last =
		c->count == 0 || c->count > 256 ? 0 : c->count - 1;
	struct blkif_response answer;

	slot.r.indirect_grefs[0] =
		c->ref != 0 ? c->ref : rig.refs[SEGMENTS_PAGE];
	rig_segments(s, 0, 256);
	s[last].last_sect = c->last;
	if (c->data_ref != 0) {
		s[last].gref = c->data_ref;
	}
	answer = answer_to(&slot);
	if (answer.status != c->status) {
		fail_msg("%s: status %d", c->what, answer.status);
	}
	assert_true(answer.id == c->count);
	assert_int_equal(answer.operation, c->operation);
	assert_int_equal(rig.storage.log_count, 0);
}

static void test_indirect(void **state)
{
	(void)state;
	rig_open(1, 1);
	for (unsigned int i = 0;
	     i < sizeof(indirect_cases) / sizeof(indirect_cases[0]); i++) {
		check_indirect(&indirect_cases[i]);
	}
	assert_int_equal(rig_request(BLKIF_OP_READ, 0, 0, 2), 0);
}

struct discard_case {
	uint64_t sector, count;
	uint8_t flag;
	int16_t status;
};

static const struct discard_case discard_cases[] = {
	{ 0, 0, 0, ERR },           { 0, RIG_SECTORS + 1, 0, ERR },
	{ RIG_SECTORS, 1, 0, ERR }, { 1, UINT64_MAX, 0, ERR },
	{ UINT64_MAX, 2, 0, ERR },  { 0, 8, BLKIF_DISCARD_SECURE, NO },
};

static int16_t discard(uint64_t sector, uint64_t count, uint8_t flag)
{
	union blkif_sring_entry slot;
	const struct blkif_request_discard r = {
		.operation = BLKIF_OP_DISCARD,
		.flag = flag,
		.sector_number = sector,
		.nr_sectors = count,
	};

	memset(&slot, 0, sizeof(slot));
	memcpy(&slot, &r, sizeof(r));
	return answer_to(&slot).status;
}

static void test_discard(void **state)
{
	(void)state;
	rig_open(1, 1);
	for (unsigned int i = 0;
	     i < sizeof(discard_cases) / sizeof(discard_cases[0]); i++) {
		const struct discard_case *c = &discard_cases[i];

		assert_int_equal(discard(c->sector, c->count, c->flag),
				 c->status);
	}
	assert_int_equal(rig.storage.log_count, 0);
}

static void test_discard_not_offered(void **state)
{
	(void)state;
	rig.storage.storage.can_discard = false;
	rig_open(1, 1);
	assert_int_equal(discard(0, 8, 0), NO);
}

/* Data of a read goes nowhere when its page cannot be written. */
static void test_read_into_read_only_page(void **state)
{
	struct blkif_request r = {
		.operation = BLKIF_OP_READ,
		.nr_segments = 1,
		.seg = { { rig.read_only_ref, 0, 7 } },
	};

	(void)state;
	rig_open(1, 1);
	memset(rig.pages, 0xee, ENV_PAGE_SIZE);
	assert_int_equal(answer_to(&r).status, BLKIF_RSP_ERROR);
	assert_int_equal(rig.pages[0], 0xee);
}

static void set_req_prod(uint32_t value)
{
	rig.fronts[0].ring.ring.shared->req_prod = value;
	while (blk_back_run(rig.back)) {
	}
}

static void test_index_too_far(void **state)
{
	(void)state;
	rig_open(1, 1);
	set_req_prod(rig.fronts[0].ring.ring.size + 1);
	assert_true(blk_back_is_broken(rig.back));
	assert_int_equal(rig.complaints, 1);
	assert_int_equal(rig.storage.log_count, 0);
	assert_int_equal(rig.fronts[0].ring.ring.shared->rsp_prod, 0);
}

static void test_index_goes_back(void **state)
{
	struct rig_answer a[2];

	(void)state;
	rig_open(1, 1);
	rig.storage.hold = true;
	rig_start(BLKIF_OP_READ, 0, 0, 1, &a[0]);
	rig_start(BLKIF_OP_READ, 0, 0, 1, &a[1]);
	rig_run();
	set_req_prod(1);
	assert_true(blk_back_is_broken(rig.back));
}

/* A whole ring of bad requests is answered. */
static void test_flood(void **state)
{
	struct rig_answer a[32];

	(void)state;
	rig_open(1, 1);
	for (unsigned int round = 0; round < 10; round++) {
		for (unsigned int i = 0; i < 32; i++) {
			rig_start(BLKIF_OP_READ, RIG_SECTORS, 0, 1, &a[i]);
		}
		rig_run();
		for (unsigned int i = 0; i < 32; i++) {
			assert_int_equal(a[i].status, BLKIF_RSP_ERROR);
		}
	}
	assert_int_not_equal(rig.complaints, 0);
}

/* Indices that another front half left wrong when we attach. */
static void test_attach_to_nonsense(void **state)
{
	(void)state;
	rig_open(1, 1);
	blk_back_close(rig.back);
	rig.fronts[0].ring.ring.shared->rsp_prod = 5;
	rig.fronts[0].ring.ring.shared->req_prod = 4;
	rig.back = blk_back_open(&rig.config);
	assert_int_equal(blk_back_add_queue(rig.back, rig.fronts[0].refs, 1,
					    rig.fronts[0].port),
			 0);
	blk_back_run(rig.back);
	assert_true(blk_back_is_broken(rig.back));
}

static void test_bad_rings(void **state)
{
	const uint32_t none = NO_REF;

	(void)state;
	rig_open(1, 1);
	assert_int_not_equal(blk_back_add_queue(rig.back, &none, 1, 1), 0);
	assert_int_not_equal(
		blk_back_add_queue(rig.back, &rig.read_only_ref, 1, 1), 0);
	/* Taken already, never offered, impossible. */
	assert_int_not_equal(blk_back_add_queue(rig.back, &rig.refs[0], 1,
						rig.fronts[0].port),
			     0);
	assert_int_not_equal(blk_back_add_queue(rig.back, &rig.refs[0], 1, 50),
			     0);
	assert_int_not_equal(
		blk_back_add_queue(rig.back, &rig.refs[0], 1, UINT32_MAX), 0);
	assert_int_equal(fake_counts(rig.env).maps, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_direct),
		TEST(test_direct_persistent),
		TEST(test_indirect),
		TEST(test_discard),
		TEST(test_discard_not_offered),
		TEST(test_read_into_read_only_page),
		TEST(test_index_too_far),
		TEST(test_index_goes_back),
		TEST(test_flood),
		TEST(test_attach_to_nonsense),
		TEST(test_bad_rings),
	};

	return cmocka_run_group_tests_name("blk/back_hostile", tests, NULL,
					   NULL);
}
