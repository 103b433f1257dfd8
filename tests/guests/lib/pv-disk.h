/* SPDX-License-Identifier: MIT */
/* A disk of a guest with paravirtual devices, and data pages for it. */
#pragma once

#include "lib/abi.h"
#include "pv-drivers/blk/front_device.h"

#define SECTOR        512u
#define PV_DISK_PAGES 32u
/* A request moves this much. */
#define PV_DISK_REQUEST    8u
#define PV_DISK_SECTORS(n) ((n)*4096u / SECTOR)

struct pv_disk {
	struct blk_front_device device;
	uint8_t *data; /* PV_DISK_PAGES, granted */
	uint32_t refs[PV_DISK_PAGES];
	/* What became of requests that pv_disk_done() was called for. */
	volatile unsigned answers;
	unsigned errors;
};

/* Connects to the disk in `folder`, also once more. */
bool pv_disk_open(struct pv_disk *disk, const char *folder);

/* Closes it and takes the grants back; false when one is still in use. */
bool pv_disk_close(struct pv_disk *disk);

/* A blk_front_done; `disk` is the context. */
void pv_disk_done(void *disk, int16_t status);

/* `count` whole data pages from `first` on, as segments. */
void pv_disk_segments(const struct pv_disk *disk, unsigned first,
		      unsigned count, struct blkif_request_segment *segments);

/*
 * Moves the first `pages` data pages, a multiple of PV_DISK_REQUEST, in several
 * requests at a time; a flush has no pages. True when all went well.
 */
bool pv_disk_move(struct pv_disk *disk, uint8_t operation, uint64_t sector,
		  unsigned pages);
