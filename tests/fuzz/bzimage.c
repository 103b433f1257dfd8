/* SPDX-License-Identifier: MIT */
/*
 * Any bzImage is unpacked without a byte written outside of its output, which
 * is kept small here, or of the heap. Input that is none of them is tried as
 * a payload.
 */
#include "svcvm/loader/bzimage.h"

#include <stdlib.h>

#include "svcvm/loader/heap.h"
#include "svcvm/loader/unpack.h"

#define OUTPUT_MAX (64u << 10)
#define HEAP_SIZE  (1u << 20)

static void try_unpack(const struct bytes *payload, uint64_t size)
{
	uint8_t *output = malloc(size);
	uint8_t *heap = malloc(HEAP_SIZE);
	struct report why = { "" };

	heap_set_area(heap, HEAP_SIZE);
	if (unpack(payload, output, size, &why) != 0 && why.text[0] == '\0') {
		abort();
	}
	free(heap);
	free(output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes file = { data, size };
	struct report why = { "" };
	struct bzimage image;

	if (!bzimage_is(&file)) {
		try_unpack(&file, OUTPUT_MAX);
		return 0;
	}
	if (bzimage_read(&file, &image, &why) == 0) {
		try_unpack(&image.payload, image.unpacked_size % OUTPUT_MAX);
	}
	return 0;
}
