/* SPDX-License-Identifier: MIT */
/*
 * Linux's bzImage: a boot header with a packed ELF kernel behind it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "svcvm/loader/bytes.h"
#include "svcvm/loader/report.h"

struct bzimage {
	struct bytes payload;   /* the packed kernel, inside the file */
	uint64_t unpacked_size; /* as the last four bytes of it say */
};

/* Says whether the file is a bzImage by its magic. */
bool bzimage_is(const struct bytes *file);

/*
 * Finds the packed kernel. `file` must outlive `out`. Returns -XEN_EINVAL with
 * the reason in `why` for a header or payload that is not all there.
 */
int bzimage_read(const struct bytes *file, struct bzimage *out,
		 struct report *why);
