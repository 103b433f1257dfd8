/* SPDX-License-Identifier: MIT */
/*
 * Moves the data of a request between granted pages and a buffer: by copies
 * the hypervisor makes, or through pages that stay mapped. The disk never does
 * DMA to a granted page, which would need an IOMMU to be right.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "pv-drivers/blk/request.h"
#include "pv-drivers/env/env.h"

struct persist;

struct transfer {
	struct env *env;
	uint16_t domain;
	struct persist *persist;                  /* NULL: copy only */
	struct env_copy pieces[BLK_SEGMENTS_MAX]; /* scratch */
};

/* All segments of a checked request. 0 or a negative errno value. */
int transfer_data(struct transfer *transfer, const struct blk_request *request,
		  void *buffer, bool to_guest);

/* Fetches the segments of an indirect request, once. */
int transfer_segments(struct transfer *transfer, struct blk_request *request);
