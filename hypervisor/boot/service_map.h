/* SPDX-License-Identifier: MIT */
/* The service VM's view of memory, and room in it for what it starts with. */
#pragma once

#include "boot/region.h"

struct service_map {
	struct ranges map;      /* what it sees */
	struct ranges spare;    /* the machine's RAM that it does not get */
	struct ranges free_map; /* its RAM without boot modules and pieces */
};

/*
 * The machine's map without the hypervisor's hole, with at most `limit` bytes
 * of RAM (0: all). What holds a boot module and the first 2 MiB above the hole
 * stay in it. Pure.
 */
void service_map_build(const struct boot_info *b, const struct boot_region *r,
		       uint64_t limit, struct service_map *m);

/* Takes `size` bytes of RAM, aligned, as high as possible below 4 GiB, and gives
 * them a type. 0 when there is no room. */
uint64_t service_map_take(struct service_map *m, uint64_t size, uint64_t align,
			  uint32_t type);
