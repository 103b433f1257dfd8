/* SPDX-License-Identifier: MIT */
/* The layout of requests; what is refused is back_hostile.c's. */
#include "pv-drivers/blk/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct blk_limits limits = { .sectors = 1000,
					  .can_discard = true };

static void put(uint8_t *slot, unsigned int at, const void *from, size_t bytes)
{
	memcpy(slot + at, from, bytes);
}

/* By the bytes, as a 32-bit compiler lays it out. */
static void test_32_bit_direct(void **state)
{
	const uint64_t id = 0x1122334455667788, sector = 500;
	const struct blkif_request_segment s[2] = { { 77, 1, 7 },
						    { 78, 0, 0 } };
	uint8_t slot[BLK_SLOT_MAX] = { BLKIF_OP_WRITE, 2 };
	struct blk_request r;

	(void)state;
	put(slot, 4, &id, 8);
	put(slot, 12, &sector, 8);
	put(slot, 20, s, sizeof(s));
	assert_int_equal(blk_request_decode(BLK_PROTOCOL_X86_32, slot, &r), 0);
	assert_int_equal(blk_request_check(&r, &limits), 0);
	assert_true(r.id == id && r.sector == 500 && r.sector_count == 8);
	assert_int_equal(r.kind, BLK_WRITE);
	assert_int_equal(r.segments[1].gref, 78);
	assert_true(blk_request_writes(&r));
}

static void test_32_bit_indirect(void **state)
{
	const uint64_t sector = 9;
	const uint16_t count = 40;
	const uint32_t ref = 1234;
	uint8_t slot[BLK_SLOT_MAX] = { BLKIF_OP_INDIRECT, BLKIF_OP_READ };
	struct blk_request r;

	(void)state;
	put(slot, 2, &count, 2);
	put(slot, 12, &sector, 8);
	put(slot, 24, &ref, 4);
	assert_int_equal(blk_request_decode(BLK_PROTOCOL_X86_32, slot, &r), 0);
	assert_true(r.indirect && r.kind == BLK_READ);
	assert_int_equal(r.segment_count, 40);
	assert_int_equal(r.indirect_ref, 1234);
	assert_int_equal(r.sector, 9);
}

static void test_32_bit_discard(void **state)
{
	const uint64_t sector = 9, count = 11;
	uint8_t slot[BLK_SLOT_MAX] = { BLKIF_OP_DISCARD };
	struct blk_request r;

	(void)state;
	put(slot, 12, &sector, 8);
	put(slot, 20, &count, 8);
	assert_int_equal(blk_request_decode(BLK_PROTOCOL_X86_32, slot, &r), 0);
	assert_int_equal(blk_request_check(&r, &limits), 0);
	assert_true(r.sector == 9 && r.sector_count == 11);
}

static void test_sizes(void **state)
{
	(void)state;
	assert_int_equal(blk_slot_size(BLK_PROTOCOL_X86_64), 112);
	assert_int_equal(blk_slot_size(BLK_PROTOCOL_X86_32), 108);
	assert_int_equal(blk_response_size(BLK_PROTOCOL_X86_64), 16);
	assert_int_equal(blk_response_size(BLK_PROTOCOL_X86_32), 12);
}

static void test_protocols(void **state)
{
	enum blk_protocol p;

	(void)state;
	assert_true(blk_protocol_parse(NULL, &p) && p == BLK_PROTOCOL_X86_64);
	assert_true(blk_protocol_parse("x86_64-abi", &p) &&
		    p == BLK_PROTOCOL_X86_64);
	assert_true(blk_protocol_parse("x86_32-abi", &p) &&
		    p == BLK_PROTOCOL_X86_32);
	assert_false(blk_protocol_parse("arm-abi", &p));
	assert_false(blk_protocol_parse("", &p));
}

/* A disk of any size has a last sector, and nothing after it. */
static void test_last_sector(void **state)
{
	struct blkif_request slot = {
		.operation = BLKIF_OP_READ,
		.nr_segments = 1,
		.sector_number = 999,
	};
	struct blk_request r;

	(void)state;
	blk_request_decode(BLK_PROTOCOL_X86_64, (const uint8_t *)&slot, &r);
	assert_int_equal(blk_request_check(&r, &limits), 0);
	slot.sector_number = 1000;
	blk_request_decode(BLK_PROTOCOL_X86_64, (const uint8_t *)&slot, &r);
	assert_int_equal(blk_request_check(&r, &limits), BLKIF_RSP_ERROR);
}

/* Where an empty flush points is not looked at. */
static void test_empty_flush(void **state)
{
	const struct blkif_request slot = {
		.operation = BLKIF_OP_FLUSH_DISKCACHE,
		.sector_number = UINT64_MAX,
	};
	struct blk_request r;

	(void)state;
	blk_request_decode(BLK_PROTOCOL_X86_64, (const uint8_t *)&slot, &r);
	assert_int_equal(blk_request_check(&r, &limits), 0);
	assert_false(blk_request_writes(&r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_32_bit_direct),
		cmocka_unit_test(test_32_bit_indirect),
		cmocka_unit_test(test_32_bit_discard),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_protocols),
		cmocka_unit_test(test_last_sector),
		cmocka_unit_test(test_empty_flush),
	};

	return cmocka_run_group_tests_name("blk/request", tests, NULL, NULL);
}
