/* SPDX-License-Identifier: MIT */
/*
 * Brings kernel and initramfs to where they are to run.
 */
#pragma once

#include <stdint.h>

#include "svcvm/loader/inputs.h"
#include "svcvm/loader/place.h"
#include "svcvm/loader/report.h"

struct loaded {
	uint64_t entry;         /* the kernel's PVH entry point */
	struct range initramfs; /* page aligned; empty if there is none */
};

/*
 * Unpacks the kernel image if it is packed, places the kernel, and moves the
 * initramfs if it is in the kernel's way or not page aligned. `loader` is
 * where the running code is. On success `p` has as taken all that the kernel
 * needs, and the loader. Returns -XEN_EINVAL with the reason in `why`.
 */
int load_kernel(const struct inputs *in, struct range loader, struct place *p,
		struct loaded *out, struct report *why);
