/* SPDX-License-Identifier: MIT */
#include "core/panic.h"

struct symbol {
	uint64_t address;
	const char *name;
};

/* Made by the second link; empty in the first. */
extern const struct symbol symbol_table[];
extern const uint64_t symbol_count;
extern const char image_start[];
extern const char text_end[];

const char *symbol_find(uint64_t address, uint64_t *offset)
{
	uint64_t low = 0;
	uint64_t high = symbol_count;

	if (address < (uintptr_t)image_start ||
	    address >= (uintptr_t)text_end || symbol_count == 0) {
		return NULL;
	}
	while (high - low > 1) {
		const uint64_t middle = (low + high) / 2;

		if (symbol_table[middle].address <= address) {
			low = middle;
		} else {
			high = middle;
		}
	}
	*offset = address - symbol_table[low].address;
	return symbol_table[low].name;
}
