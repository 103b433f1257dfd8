/* SPDX-License-Identifier: MIT */
/*
 * A domain's grant table; for the grant*.c files only.
 *
 * The shared frames are the guest's to write at any time. What an entry said
 * when it came into use is kept in its grant_pin, and that alone counts until
 * the last user is gone.
 */
#pragma once

#include "abi/abi.h"
#include "domain/domain.h"
#include "domain/guest_word.h"

#define GRANT_FRAME_ENTRIES   (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define GRANT_BUCKET_MAPPINGS 128u

static_assert(sizeof(struct grant_entry_v1) == 8, "two words");

/* Who uses an entry: mappings, and copies while they last. */
struct grant_pin {
	uint32_t frame;   /* mfn, held by one reference while in use */
	uint32_t readers; /* users for reading only */
	uint32_t writers; /* users for reading and writing */
	uint16_t domid;   /* whose they are */
};

/* A frame of the table. An entry is two words: flags with domid, and gfn. */
struct grant_frame {
	guest_word_t *shared; /* a heap page */
	struct grant_pin *pins;
};

enum grant_mapping_state {
	MAPPING_FREE,
	MAPPING_CHANGING, /* somebody is mapping or unmapping it */
	MAPPING_LIVE,
};

/* Another domain's frame in our p2m; its index is the handle. */
struct grant_mapping {
	gfn_t gfn;
	uint32_t ref;       /* of the granter's */
	uint32_t frame;     /* mfn */
	uint32_t next_free; /* MAPPING_FREE: handle + 1, 0 ends the list */
	uint16_t domid;     /* the granter */
	uint8_t state;      /* enum grant_mapping_state */
	bool write;
};

/* (l): under lock. */
struct grant_table {
	struct spinlock lock;       /* LOCK_GRANT */
	uint32_t max_frames;        /* (o) */
	uint32_t frame_count;       /* (l) */
	struct grant_frame *frames; /* (l) max_frames of them */
	uint32_t used_entries;      /* (l) entries with a user */

	uint32_t max_mappings;  /* (o) */
	uint32_t mapping_count; /* (l) handles that exist */
	uint32_t mapping_free;  /* (l) first of the free list, 0 = none */
	uint32_t release_next;  /* (l) where grant_release_some() goes on */
	struct grant_mapping **maps; /* (l) buckets */
};

/*
 * Begins to use entry `ref` of `granter` on behalf of domain `user`: checks it,
 * sets the in-use bits the granter sees, takes a reference on the frame.
 * GNTST_okay and *frame, or another GNTST_*. Takes the granter's lock.
 */
int grant_pin(struct domain *granter, uint32_t ref, uint16_t user, bool write,
	      mfn_t *frame) must_check;
/* Ends it; nothing maps the frame on that user's behalf any more, no TLB. */
void grant_unpin(struct domain *granter, uint32_t ref, bool write);
