/* SPDX-License-Identifier: MIT */
/*
 * Boot options: "name", "name=value" and "no-name" words of a command line,
 * described by a table. The table's variables hold the defaults.
 */
#pragma once

#include "lib/types.h"

enum option_type {
	OPTION_TYPE_FLAG, /* name, no-name, name=on|off */
	OPTION_TYPE_UINT, /* decimal or 0x hexadecimal */
	OPTION_TYPE_SIZE, /* bytes, or with K, M, G, T behind the number */
	OPTION_TYPE_ENUM, /* one of a list of words */
};

struct option {
	const char *name;
	enum option_type type;

	union {
		bool *flag;
		uint32_t *uint;
		uint64_t *size;
	} value;

	uint64_t min; /* UINT and SIZE: the least and greatest good value */
	uint64_t max;
	const char *choices; /* ENUM: "a|b|c"; the value counts from 0 */
	const char *help;
};

/* Rows of an option table. */
/* clang-format off */
#define OPTION_FLAG(n, var, text)                                              \
	{ n, OPTION_TYPE_FLAG, { .flag = var }, 0, 1, "on|off", text }
#define OPTION_UINT(n, var, least, most, text)                                 \
	{ n, OPTION_TYPE_UINT, { .uint = var }, least, most, NULL, text }
#define OPTION_SIZE(n, var, least, most, text)                                 \
	{ n, OPTION_TYPE_SIZE, { .size = var }, least, most, NULL, text }
#define OPTION_ENUM(n, var, words, text)                                       \
	{ n, OPTION_TYPE_ENUM, { .uint = var }, 0, 0, words, text }
/* clang-format on */

/* Where complaints go: one line a call, without '\n'. */
typedef void (*options_say_t)(const char *fmt, ...) printf_like(1, 2);

/*
 * Sets the variables of `table` from `line`, up to a word "--" or the end. A
 * word that is wrong changes nothing and is said; unknown words are followed,
 * once, by the list of options. Returns what stands after "--" (the service
 * VM's command line), or NULL when there is no "--".
 */
const char *options_parse(const struct option *table, size_t count,
			  const char *line, options_say_t say);
