/* SPDX-License-Identifier: MIT */
/*
 * Where the back half keeps the sectors of a disk: requests are started, and
 * end later with a call of their `done`, in any order.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define STORAGE_SECTOR 512u

enum storage_op {
	STORAGE_READ,
	STORAGE_WRITE,
	STORAGE_FLUSH,   /* all ended writes are on stable storage */
	STORAGE_DISCARD, /* the range reads as zeroes or anything */
};

struct storage;

struct storage_io {
	enum storage_op op;
	bool durable;    /* STORAGE_WRITE: ends on stable storage */
	uint64_t offset; /* bytes, of STORAGE_SECTOR */
	uint64_t length; /* bytes, of STORAGE_SECTOR */
	void *buffer;    /* page aligned */

	/* Called once, possibly before start() returns. `error`: 0 or errno. */
	void (*done)(struct storage_io *io, int error);

	/* Of the storage, until `done`. */
	struct storage *storage;
	struct storage_io *next;
	uint64_t progress;
};

struct storage_ops {
	void (*start)(struct storage *storage, struct storage_io *io);

	/* Nothing is under way. */
	void (*close)(struct storage *storage);
};

struct storage {
	const struct storage_ops *ops;
	uint64_t sectors;         /* of STORAGE_SECTOR */
	uint32_t physical_sector; /* bytes */
	uint32_t discard_granularity;
	bool read_only;
	bool can_discard;
};
