/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/addr.h"

/*
 * The heap is `pages` pages at `va`, machine address `pa` (4 MiB aligned); the
 * first `used` pages are taken already (image, boot page tables). Once, at boot.
 */
void heap_init(uint64_t va, maddr_t pa, uint64_t pages, uint64_t used);
