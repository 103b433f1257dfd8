/* SPDX-License-Identifier: MIT */
/* The keys both halves of a paravirtual disk exchange (io/blkif.h). */
#pragma once

#include <stdbool.h>

struct blk_back;
struct blk_back_config;
struct storage;
struct store;

/* Writes what we offer and what the disk is. 0 or a negative errno value. */
int attach_offer(struct store *store, const char *folder,
		 const struct storage *storage, bool offer_persistent);

/*
 * Attaches to the rings that the front half describes in `folder`. Protocol
 * and persistence come from there, the rest from `config`. NULL on failure,
 * and `*problem` says what it is.
 */
struct blk_back *attach_front(struct store *store, const char *folder,
			      const struct blk_back_config *config,
			      const char **problem);
