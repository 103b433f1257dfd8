/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "toolstack/xl/xl.h"

char *xl_join(const char *const *words, const char *between)
{
	char *text = NULL;
	size_t size;
	FILE *const stream = open_memstream(&text, &size);

	if (stream == NULL) {
		return NULL;
	}
	for (; *words != NULL; words++) {
		fprintf(stream, "%s%s", *words,
			words[1] != NULL ? between : "");
	}
	if (fclose(stream) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
