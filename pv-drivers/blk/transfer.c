/* SPDX-License-Identifier: MIT */
#include "pv-drivers/blk/transfer.h"

#include "pv-drivers/blk/persist.h"
#include "pv-drivers/blk/storage.h"
#include "pv-drivers/ring/ring.h"

/* False if the page cannot be had mapped. */
static bool through_mapping(struct transfer *t, const struct env_copy *c,
			    bool to_guest)
{
	uint8_t *page;

	if (t->persist == NULL) {
		return false;
	}
	page = (uint8_t *)persist_page(t->persist, c->ref);
	if (page == NULL) {
		return false;
	}
	if (to_guest) {
		ring_copy(page + c->offset, c->local, c->bytes);
	} else {
		ring_copy(c->local, page + c->offset, c->bytes);
	}
	return true;
}

int transfer_data(struct transfer *t, const struct blk_request *r, void *buffer,
		  bool to_guest)
{
	uint8_t *local = (uint8_t *)buffer;
	unsigned int count = 0;

	for (unsigned int i = 0; i < r->segment_count; i++) {
		const struct blkif_request_segment *s = &r->segments[i];
		const unsigned int sectors = s->last_sect - s->first_sect + 1u;
		const struct env_copy piece = {
			.local = local,
			.ref = s->gref,
			.offset = (uint16_t)(s->first_sect * STORAGE_SECTOR),
			.bytes = (uint16_t)(sectors * STORAGE_SECTOR),
		};

		if (!through_mapping(t, &piece, to_guest)) {
			t->pieces[count++] = piece;
		}
		local += piece.bytes;
	}
	if (count == 0) {
		return 0;
	}
	return env_copy(t->env, t->domain, t->pieces, count, to_guest);
}

int transfer_segments(struct transfer *t, struct blk_request *r)
{
	const struct env_copy piece = {
		.local = r->segments,
		.ref = r->indirect_ref,
		.bytes = (uint16_t)(r->segment_count * sizeof(r->segments[0])),
	};

	if (through_mapping(t, &piece, false)) {
		return 0;
	}
	return env_copy(t->env, t->domain, &piece, 1, false);
}
