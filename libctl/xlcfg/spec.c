/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "libctl/xlcfg/xlcfg.h"

#define BLANKS " \t\n"

char *spec_part(struct arena *a, const char **rest)
{
	const char *start = *rest;
	size_t length;

	if (start == NULL) {
		return NULL;
	}
	length = strcspn(start, ",");
	*rest = start[length] == ',' ? start + length + 1 : NULL;
	while (length > 0 && strchr(BLANKS, start[0]) != NULL) {
		start++;
		length--;
	}
	while (length > 0 && strchr(BLANKS, start[length - 1]) != NULL) {
		length--;
	}
	return arena_text(a, start, length);
}

const char *spec_value(const char *part, const char *key)
{
	const size_t length = strlen(key);

	return strncmp(part, key, length) == 0 && part[length] == '='
		       ? part + length + 1
		       : NULL;
}

const char *spec_ignore(struct arena *a, const char **list, const char *part)
{
	const char *const before = *list != NULL ? *list : "";
	const size_t size = strlen(before) + strlen(part) + sizeof(", ");
	char *const text = arena_alloc(a, size);

	if (text == NULL) {
		return "no memory left";
	}
	snprintf(text, size, "%s%s%s", before, *list != NULL ? ", " : "", part);
	*list = text;
	return NULL;
}
