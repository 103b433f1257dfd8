/* SPDX-License-Identifier: MIT */
/*
 * A domain's grant table; for the grant*.c files only.
 *
 * The shared frames are the guest's to write at any time. What an entry said
 * when it came into use is kept in its grant_pin, and that alone counts until
 * the last user is gone.
 */
#pragma once

#include "domain/grant.h"
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

/* Another domain's frame in our p2m; its index is the handle. */
struct grant_mapping {
	gfn_t gfn;
	uint32_t ref;   /* of the granter's; if not live, the next such: handle
			 * + 1, 0 ends the list */
	uint32_t frame; /* mfn */
	uint16_t domid; /* the granter */
	bool write;
	bool live;
};

static_assert(sizeof(struct grant_mapping) * GRANT_BUCKET_MAPPINGS <= PAGE_SIZE,
	      "a bucket is at most one page");

struct grant_table {
	/* What others hold of ours, under lock (LOCK_GRANT). */
	struct spinlock lock;
	uint32_t used_entries; /* entries with a user */
	uint32_t frame_count;
	uint32_t max_frames; /* (o) */

	/* What we hold of others', under the lock of the domain. */
	uint32_t max_mappings;  /* (o) */
	uint32_t mapping_count; /* handles that exist */
	uint32_t mapping_free;  /* handle + 1 of one not live; 0 = none */
	uint32_t release_next;  /* where grant_release_some() goes on */
	struct grant_mapping *maps[GRANT_MAPPINGS_MAX / GRANT_BUCKET_MAPPINGS];

	struct grant_frame frames[]; /* max_frames of them */
};

/*
 * Begins to use entry `ref` of `granter` on behalf of domain `user`: checks it,
 * sets the in-use bits the granter sees, takes a reference on the frame.
 * GNTST_okay and *frame, or another GNTST_*. Takes the granter's grant lock.
 */
int grant_pin(struct domain *granter, uint32_t ref, uint16_t user, bool write,
	      mfn_t *frame) must_check;
/* Ends it; nothing maps the frame on that user's behalf any more, no TLB. */
void grant_unpin(struct domain *granter, uint32_t ref, bool write);
