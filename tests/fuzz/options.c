/* SPDX-License-Identifier: MIT */
/*
 * Any command line is parsed without harm: values stay in their limits.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/options.h"

static bool flag;
static uint32_t number;
static uint64_t size;
static uint32_t choice;

static const struct option table[] = {
	OPTION_FLAG("f", &flag, "flag"),
	OPTION_UINT("u", &number, 2, 9, "number"),
	OPTION_SIZE("s", &size, KIB(4), GIB(1), "size"),

	OPTION_ENUM("e", &choice, "a|bc", "choice"),
};

static void say(const char *fmt, ...)
{
	(void)fmt;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *line = malloc(len + 1);
	const char *rest;

	memcpy(line, data, len);
	line[len] = '\0';
	number = 2;
	size = KIB(4);
	rest = options_parse(table, ARRAY_SIZE(table), line, say);
	if (number < 2 || number > 9 || size < KIB(4) || size > GIB(1) ||
	    choice > 1 ||
	    (rest != NULL && (rest < line || rest > line + strlen(line)))) {
		abort();
	}
	free(line);
	return 0;
}
