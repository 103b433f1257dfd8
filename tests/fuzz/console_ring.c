/* SPDX-License-Identifier: MIT */
/*
 * A guest that writes what it likes into its console ring: what is read and
 * written stays in bounds, and the ring works again afterwards.
 */
#include "svcvm/console/ring.h"

#include <stdlib.h>
#include <string.h>

static struct xencons_interface *page;
static struct ring ring;

static void serve(void)
{
	size_t room = 1 + (ring.out_cons & 0xfff);
	char *output = malloc(room);
	char input[RING_INPUT_SIZE] = { 0 };
	bool broken;
	size_t size = ring_peek(&ring, output, room, &broken);

	if (size > room || size > RING_OUTPUT_SIZE || (broken && size > 0)) {
		abort();
	}
	ring_consume(&ring, size / 2);
	size = ring_space(&ring, &broken);
	if (size > RING_INPUT_SIZE) {
		abort();
	}
	ring_put(&ring, input, size);
	free(output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t *words;
	uint32_t value;

	/* Behind the page lies what nobody may touch. */
	page = calloc(1, sizeof(*page));
	words = &page->in_cons;
	ring_open(&ring, page);
	for (; size >= 5; data += 5, size -= 5) {
		memcpy(&value, data + 1, 4);
		words[data[0] % 4] =
			data[0] & 4 ? words[data[0] % 4] + value % 4096 : value;
		if (data[0] & 8) {
			ring_open(&ring, page);
		}
		serve();
	}
	free(page);
	return 0;
}
