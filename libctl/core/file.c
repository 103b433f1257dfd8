/* SPDX-License-Identifier: MIT */
/*
 * Small text files.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libctl/core/internal.h"

/* Far more than any guest's configuration has. */
#define SIZE_MAX_READ (1u << 20)

static int read_open(struct corbel *c, const char *path, FILE *file, char *text,
		     size_t *size)
{
	*size = fread(text, 1, SIZE_MAX_READ + 1, file);
	if (ferror(file)) {
		return corbel_fail_errno(c, path, "read");
	}
	if (*size > SIZE_MAX_READ) {
		return corbel_fail(c, CORBEL_INVALID, path,
				   "longer than %u bytes", SIZE_MAX_READ);
	}
	text[*size] = '\0';
	return 0;
}

char *file_read_text(struct corbel *c, const char *path, size_t *size)
{
	FILE *const file = fopen(path, "re");
	char *text;

	if (file == NULL) {
		corbel_fail_errno(c, path, "open");
		return NULL;
	}
	text = malloc(SIZE_MAX_READ + 2);
	if (text == NULL) {
		corbel_fail(c, CORBEL_NO_MEMORY, path, "no memory left");
	} else if (read_open(c, path, file, text, size) != 0) {
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

static int write_open(const char *path, const char *text)
{
	FILE *const file = fopen(path, "we");
	int failed;

	if (file == NULL) {
		return -1;
	}
	failed = fputs(text, file) == EOF;
	return fclose(file) == 0 && !failed ? 0 : -1;
}

int file_write_text(struct corbel *c, const char *path, const char *text)
{
	char new[256];
	int ret = 0;

	snprintf(new, sizeof(new), "%.250s.new", path);
	if (write_open(new, text) != 0 || rename(new, path) != 0) {
		ret = corbel_fail_errno(c, path, "write");
		unlink(new);
	}
	return ret;
}
