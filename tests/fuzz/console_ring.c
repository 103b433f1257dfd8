/* SPDX-License-Identifier: MIT */
/*
 * A guest that writes what it likes into its console ring: what is read and
 * written stays in bounds, and the ring works again afterwards.
 */
#include "pv-drivers/con/back.h"

#include <stdlib.h>
#include <string.h>

static struct xencons_interface *page;
static struct con_back ring;

static void serve(void)
{
	size_t room = 1 + (ring.out.at & 0xfff);
	char *output = malloc(room);
	char input[CON_INPUT_SIZE] = { 0 };
	bool broken;
	size_t size = con_back_peek(&ring, output, room, &broken);

	if (size > room || size > CON_OUTPUT_SIZE || (broken && size > 0)) {
		abort();
	}
	con_back_consume(&ring, size / 2);
	size = con_back_room(&ring, &broken);
	if (size > CON_INPUT_SIZE) {
		abort();
	}
	con_back_put(&ring, input, size);
	free(output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t *words;
	uint32_t value;

	/* Behind the page lies what nobody may touch. */
	page = calloc(1, sizeof(*page));
	words = &page->in_cons;
	con_back_open(&ring, page);
	for (; size >= 5; data += 5, size -= 5) {
		memcpy(&value, data + 1, 4);
		words[data[0] % 4] =
			data[0] & 4 ? words[data[0] % 4] + value % 4096 : value;
		if (data[0] & 8) {
			con_back_open(&ring, page);
		}
		serve();
	}
	free(page);
	return 0;
}
