/* SPDX-License-Identifier: MIT */
#include "pv-drivers/blk/request.h"

#include <stddef.h>
#include <string.h>

#include <xen/io/protocols.h>

#include "pv-drivers/ring/ring_check.h"

/*
 * A request begins with four bytes, then come the id, the sector number and
 * what the kind of request needs. A 32-bit guest aligns the id to four bytes
 * only; all that follows keeps its distance from it.
 */
#define ID_64   offsetof(struct blkif_request, id)
#define ID_32   4u
#define SECTOR  (offsetof(struct blkif_request, sector_number) - ID_64)
#define BODY    (offsetof(struct blkif_request, seg) - ID_64)
#define HANDLE  (offsetof(struct blkif_request_indirect, handle) - ID_64)
#define GREFS   (offsetof(struct blkif_request_indirect, indirect_grefs) - ID_64)
#define DISCARD (offsetof(struct blkif_request_discard, nr_sectors) - ID_64)

_Static_assert(HANDLE == BODY && DISCARD == BODY && GREFS == BODY + 4,
	       "the parts of a request");
_Static_assert(BLK_SEGMENTS_MAX * sizeof(struct blkif_request_segment) <= 4096,
	       "indirect segments are in one page");

bool blk_protocol_parse(const char *name, enum blk_protocol *protocol)
{
	if (name == NULL || strcmp(name, XEN_IO_PROTO_ABI_X86_64) == 0) {
		*protocol = BLK_PROTOCOL_X86_64;
		return true;
	}
	if (strcmp(name, XEN_IO_PROTO_ABI_X86_32) == 0) {
		*protocol = BLK_PROTOCOL_X86_32;
		return true;
	}
	return false;
}

uint32_t blk_slot_size(enum blk_protocol protocol)
{
	const uint32_t native = (uint32_t)BLK_SLOT_MAX;

	return protocol == BLK_PROTOCOL_X86_64 ? native
					       : native - (ID_64 - ID_32);
}

uint32_t blk_response_size(enum blk_protocol protocol)
{
	return protocol == BLK_PROTOCOL_X86_64 ? sizeof(struct blkif_response)
					       : 12;
}

static bool kind_of(uint8_t operation, enum blk_kind *kind)
{
	static const enum blk_kind kinds[] = {
		[BLKIF_OP_READ] = BLK_READ,
		[BLKIF_OP_WRITE] = BLK_WRITE,
		[BLKIF_OP_WRITE_BARRIER] = BLK_BARRIER,
		[BLKIF_OP_FLUSH_DISKCACHE] = BLK_FLUSH,
		[BLKIF_OP_DISCARD] = BLK_DISCARD,
	};

	if (operation > BLKIF_OP_DISCARD || operation == BLKIF_OP_RESERVED_1) {
		return false;
	}
	*kind = kinds[operation];
	return true;
}

static int16_t decode_indirect(const uint8_t *slot, const uint8_t *from_id,
			       struct blk_request *r)
{
	const uint8_t operation =
		slot[offsetof(struct blkif_request_indirect, indirect_op)];

	memcpy(&r->segment_count,
	       slot + offsetof(struct blkif_request_indirect, nr_segments),
	       sizeof(r->segment_count));
	memcpy(&r->indirect_ref, from_id + GREFS, sizeof(r->indirect_ref));
	r->indirect = true;
	/* Linux's front half wants the operation inside repeated. */
	r->operation = operation;
	r->kind = operation == BLKIF_OP_READ ? BLK_READ : BLK_WRITE;
	if (operation != BLKIF_OP_READ && operation != BLKIF_OP_WRITE) {
		return BLKIF_RSP_ERROR;
	}
	if (r->segment_count == 0 || r->segment_count > BLK_SEGMENTS_MAX) {
		return BLKIF_RSP_ERROR;
	}
	return 0;
}

static int16_t decode_direct(const uint8_t *slot, const uint8_t *from_id,
			     struct blk_request *r)
{
	r->segment_count = slot[offsetof(struct blkif_request, nr_segments)];
	if (r->segment_count > BLKIF_MAX_SEGMENTS_PER_REQUEST) {
		return BLKIF_RSP_ERROR;
	}
	memcpy(r->segments, from_id + BODY,
	       r->segment_count * sizeof(r->segments[0]));
	return 0;
}

int16_t blk_request_decode(enum blk_protocol protocol, const uint8_t *slot,
			   struct blk_request *r)
{
	const uint8_t *from_id =
		slot + (protocol == BLK_PROTOCOL_X86_64 ? ID_64 : ID_32);

	r->operation = slot[0];
	memcpy(&r->id, from_id, sizeof(r->id));
	memcpy(&r->sector, from_id + SECTOR, sizeof(r->sector));
	r->indirect = false;
	r->secure = false;
	r->segment_count = 0;
	r->sector_count = 0;
	if (r->operation == BLKIF_OP_INDIRECT) {
		return decode_indirect(slot, from_id, r);
	}
	if (!kind_of(r->operation, &r->kind)) {
		return BLKIF_RSP_EOPNOTSUPP;
	}
	if (r->kind == BLK_DISCARD) {
		r->secure = slot[offsetof(struct blkif_request_discard, flag)] &
			    BLKIF_DISCARD_SECURE;
		memcpy(&r->sector_count, from_id + DISCARD,
		       sizeof(r->sector_count));
		return 0;
	}
	return decode_direct(slot, from_id, r);
}

/* Adds up the sectors of all segments; false if one cannot be. */
static bool count_sectors(struct blk_request *r)
{
	r->sector_count = 0;
	for (unsigned int i = 0; i < r->segment_count; i++) {
		const struct blkif_request_segment *s = &r->segments[i];

		if (s->last_sect >= BLK_SECTORS_PER_PAGE ||
		    s->first_sect > s->last_sect) {
			return false;
		}
		r->sector_count += s->last_sect - s->first_sect + 1u;
	}
	return true;
}

static int16_t check_discard(const struct blk_request *r,
			     const struct blk_limits *limits)
{
	if (limits->read_only) {
		return BLKIF_RSP_ERROR;
	}
	if (!limits->can_discard || r->secure) {
		return BLKIF_RSP_EOPNOTSUPP;
	}
	if (r->sector_count == 0 ||
	    !ring_range_ok(r->sector, r->sector_count, limits->sectors)) {
		return BLKIF_RSP_ERROR;
	}
	return 0;
}

int16_t blk_request_check(struct blk_request *r,
			  const struct blk_limits *limits)
{
	const bool may_be_empty =
		r->kind == BLK_FLUSH || r->kind == BLK_BARRIER;

	if (r->kind == BLK_DISCARD) {
		return check_discard(r, limits);
	}
	if (!count_sectors(r)) {
		return BLKIF_RSP_ERROR;
	}
	if (r->segment_count == 0) {
		/* Where an empty flush points does not matter. */
		return may_be_empty ? 0 : BLKIF_RSP_ERROR;
	}
	if (limits->read_only && r->kind != BLK_READ) {
		return BLKIF_RSP_ERROR;
	}
	if (!ring_range_ok(r->sector, r->sector_count, limits->sectors)) {
		return BLKIF_RSP_ERROR;
	}
	return 0;
}

bool blk_request_writes(const struct blk_request *r)
{
	return r->kind != BLK_READ && r->segment_count != 0;
}
