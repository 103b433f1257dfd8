/* SPDX-License-Identifier: MIT */
#include "libctl/debug/linux.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE      4096u
#define NAME      "VMCOREINFO"
#define FIRST     "OSRELEASE=" /* how the text begins */
#define PRESENT   1u
#define ENTRIES   512u
#define DIRECT_AT 273u /* of the first table, at least: 0xffff888000000000 */

const char *linux_note(const void *page, size_t *size)
{
	const size_t name_room = (sizeof(NAME) + 3) / 4 * 4;
	const char *const bytes = page;
	const char *const text = bytes + sizeof(Elf64_Nhdr) + name_room;
	Elf64_Nhdr n;

	memcpy(&n, page, sizeof(n));
	if (n.n_namesz != sizeof(NAME) || n.n_descsz == 0 ||
	    n.n_descsz > PAGE - sizeof(n) - name_room ||
	    memcmp(bytes + sizeof(n), NAME, sizeof(NAME)) != 0 ||
	    memcmp(text, FIRST, strlen(FIRST)) != 0) {
		return NULL;
	}
	*size = n.n_descsz;
	return text;
}

bool linux_number(const char *text, size_t size, const char *name,
		  int64_t *number)
{
	const char *const end = text + size;
	const size_t length = strlen(name);
	char digits[32] = "";

	while (text < end) {
		const char *const eol =
			memchr(text, '\n', (size_t)(end - text));
		const size_t line = (size_t)((eol != NULL ? eol : end) - text);

		if (line > length + 1 && line - length < sizeof(digits) &&
		    memcmp(text, name, length) == 0 && text[length] == '=') {
			memcpy(digits, text + length + 1, line - length - 1);
			*number = (int64_t)strtoll(digits, NULL, 0);
			return true;
		}
		text += line + 1;
	}
	return false;
}

int linux_direct_entry(const uint64_t first[ENTRIES])
{
	for (unsigned int i = DIRECT_AT; i < ENTRIES; i++) {
		if ((first[i] & PRESENT) != 0) {
			return (int)i;
		}
	}
	return -1;
}

bool linux_direct(unsigned int entry, const uint64_t second[ENTRIES],
		  uint64_t *virtual)
{
	for (unsigned int i = 0; i < ENTRIES; i++) {
		if ((second[i] & PRESENT) != 0) {
			*virtual = UINT64_C(0xffff) << 48 |
				   (uint64_t)entry << 39 | (uint64_t)i << 30;
			return true;
		}
	}
	return false;
}
