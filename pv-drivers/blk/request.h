/* SPDX-License-Identifier: MIT */
/*
 * From the bytes of a ring slot to a checked request (public header
 * io/blkif.h). Pure: bytes come in, a struct or a response status comes out.
 *
 * A direct request is checked by blk_request_decode() and
 * blk_request_check(). Between the two, the caller of an indirect one fetches
 * the segments from the page `indirect_ref`.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <xen/io/blkif.h>
#include <xen/xen.h>

/* Ring slots are laid out as the guest's compiler does it. */
enum blk_protocol { BLK_PROTOCOL_X86_64, BLK_PROTOCOL_X86_32 };

/* The most segments in an indirect request: half a page of them. */
#define BLK_SEGMENTS_MAX     256u
#define BLK_SECTORS_PER_PAGE 8u
#define BLK_SLOT_MAX         sizeof(union blkif_sring_entry)

enum blk_kind { BLK_READ, BLK_WRITE, BLK_BARRIER, BLK_FLUSH, BLK_DISCARD };

struct blk_request {
	uint64_t id;
	uint8_t operation; /* what the response repeats */
	enum blk_kind kind;
	bool indirect;
	bool secure; /* of a discard */
	uint16_t segment_count;
	uint32_t indirect_ref;
	uint64_t sector;
	uint64_t sector_count; /* of segments: valid after the check */
	struct blkif_request_segment segments[BLK_SEGMENTS_MAX];
};

struct blk_limits {
	uint64_t sectors;
	bool read_only;
	bool can_discard;
};

/* False if `name` is no protocol we speak; NULL is the native one. */
bool blk_protocol_parse(const char *name, enum blk_protocol *protocol);

/* Bytes of a slot, and of a response. */
uint32_t blk_slot_size(enum blk_protocol protocol);
uint32_t blk_response_size(enum blk_protocol protocol);

/*
 * Reads a slot. Returns 0 or the status to answer with; `id` and `operation`
 * are valid either way.
 */
int16_t blk_request_decode(enum blk_protocol protocol, const uint8_t *slot,
			   struct blk_request *request);

/* Checks all of a request against a disk: 0 or the status to answer with. */
int16_t blk_request_check(struct blk_request *request,
			  const struct blk_limits *limits);

/* Whether data goes from the guest to the disk. */
bool blk_request_writes(const struct blk_request *request);
