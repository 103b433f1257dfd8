/* SPDX-License-Identifier: MIT */
/* The service VM's view of memory, and room in it for what it starts with. */
#pragma once

#include "boot/boot_info.h"
#include "boot/region.h"

#define SERVICE_RANGES_MAX 64

struct service_map {
	struct boot_range ranges[SERVICE_RANGES_MAX]; /* sorted; all types */
	unsigned int count;
};

/*
 * From the machine's map: RAM without the hypervisor's hole, at most `limit`
 * bytes of it (0: all), and everything that is not RAM as it is. What holds a
 * boot module and the first 2 MiB above the hole stay in it. Pure.
 */
void service_map_build(const struct boot_info *b, const struct boot_region *r,
		       uint64_t limit, struct service_map *map);

/*
 * Takes `size` bytes of RAM, aligned, as high as possible below 4 GiB and clear
 * of the modules, and gives them another type. RANGE_RAM leaves the type but
 * remembers nothing: take such pieces last. 0 when there is no room.
 */
uint64_t service_map_take(struct service_map *map, const struct boot_info *b,
			  uint64_t size, uint64_t align, uint32_t type);

/* Bytes of RAM. */
uint64_t service_map_ram(const struct service_map *map);

/* Calls give() for the machine's RAM that is neither in the map nor in the
 * hypervisor's hole. */
void service_map_spare(const struct service_map *map, const struct boot_info *b,
		       const struct boot_region *r,
		       void (*give)(uint64_t start, uint64_t size));
