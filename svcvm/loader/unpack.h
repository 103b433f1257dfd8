/* SPDX-License-Identifier: MIT */
/*
 * Decompression of a bzImage's payload, with the formats stock kernels use.
 */
#pragma once

#include <stdint.h>

#include "svcvm/loader/bytes.h"
#include "svcvm/loader/report.h"

/*
 * Unpacks `payload`, whose last four bytes are its unpacked size, into exactly
 * `size` bytes at `out`. Takes working memory from the heap. Returns
 * -XEN_EINVAL with the reason in `why` for a format that is not known, damaged
 * data, another size than promised, or a heap that is too small.
 */
int unpack(const struct bytes *payload, void *out, uint64_t size,
	   struct report *why);
