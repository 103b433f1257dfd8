/* SPDX-License-Identifier: MIT */
/*
 * Granted pages that stay mapped between requests (feature-persistent of
 * io/blkif.h). The number of them is bounded: a page that was not used for
 * long makes room for a new one. The front half sees nothing of that.
 */
#pragma once

#include <stdint.h>

struct env;
struct persist;

/* NULL if memory is out. Maps pages of `domain`, at most `limit` at a time. */
struct persist *persist_open(struct env *env, uint16_t domain, uint32_t limit);

/* Unmaps everything. */
void persist_close(struct persist *persist);

/*
 * The page `ref` grants, mapped writable; NULL if it cannot be. Good until the
 * next call.
 */
void *persist_page(struct persist *persist, uint32_t ref);
