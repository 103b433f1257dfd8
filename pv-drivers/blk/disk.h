/* SPDX-License-Identifier: MIT */
/*
 * The life of one disk of one guest, from its folder in the store: opened,
 * offered, connected, closed. The data path is back.h's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct blk_counts;
struct env;
struct store;
struct storage;
struct disk;

struct disk_place {
	struct env *env;
	struct store *store;

	/* NULL on failure; errno says why. */
	struct storage *(*open)(void *context, const char *path,
				bool read_only);
	void *context;

	/* Whether front halves are told that grants may stay mapped. */
	bool offer_persistent;
};

/*
 * A disk of guest `domain`, back end folder `path`. Looks at it at the first
 * disk_step(). NULL if memory is out.
 */
struct disk *disk_open(const struct disk_place *place, const char *path,
		       uint16_t domain, uint32_t number);

/* Nothing may be under way; see disk_turn(). States in the store stay. */
void disk_close(struct disk *disk);

/* Looks at both states in the store and does what they ask for. */
void disk_step(struct disk *disk);

/*
 * Moves data as far as it goes now. True if there is more to do: call again
 * soon.
 */
bool disk_turn(struct disk *disk);

/* The folder in the store is gone and nothing is under way: to be closed. */
bool disk_is_over(const struct disk *disk);

/* What has been done since it was connected; NULL while it is not. */
const struct blk_counts *disk_counts(const struct disk *disk);

const char *disk_path(const struct disk *disk);

/* The file in the key `params`, "raw:FILE" or "aio:FILE"; NULL if it is none. */
const char *disk_file_of(const char *params);
