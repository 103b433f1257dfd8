/* SPDX-License-Identifier: MIT */
/*
 * The loader sees the first 4 GiB of guest memory mapped one to one.
 */
#pragma once

#include <stdint.h>

#include "svcvm/loader/bytes.h"
#include "svcvm/loader/place.h"

/* Where the memory at a guest physical address below PLACE_LIMIT is seen. */
static inline void *guest_memory(uint64_t gpa)
{
	return (void *)(uintptr_t)gpa;
}

static inline struct bytes guest_bytes(struct range r)
{
	return (struct bytes){ guest_memory(r.start), range_size(r) };
}
