/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the slots of a packet that a guest sends. What the parser lets
 * through lies in its pages, and its parts are as long as the packet.
 */
#include "pv-drivers/net/request.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int good)
{
	if (!good) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	union net_slot *slots;
	size_t count = size / sizeof(*slots);
	struct net_packet p;
	uint32_t bytes = 0;

	if (count == 0) {
		return 0;
	}
	count = count < NET_SLOTS_MAX ? count : NET_SLOTS_MAX;
	/* Of their very size, so that nothing behind them can be read. */
	slots = malloc(count * sizeof(*slots));
	memcpy(slots, data, count * sizeof(*slots));
	if (net_request_parse(slots, (unsigned int)count, &p) == NULL) {
		check(p.slots == p.part_count + p.extras && p.slots <= count);
		for (unsigned int i = 0; i < p.part_count; i++) {
			check(p.parts[i].offset + p.parts[i].size <= 4096);
			bytes += p.parts[i].size;
		}
		check(bytes == p.size && bytes >= NET_FRAME_MIN);
	}
	free(slots);
	return 0;
}
