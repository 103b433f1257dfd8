/* SPDX-License-Identifier: MIT */
/*
 * Boot options: "name", "name=value" and "no-name" words of a command line,
 * described by a table. The table's variables hold the defaults.
 */
#pragma once

#include "lib/types.h"

enum option_type {
	OPTION_TYPE_FLAG,   /* name, no-name, name=on|off */
	OPTION_TYPE_UINT,   /* decimal or 0x hexadecimal */
	OPTION_TYPE_SIZE,   /* bytes, or with K, M, G, T behind the number */
	OPTION_TYPE_STRING, /* cannot hold a space */
	OPTION_TYPE_ENUM,   /* one of a list of words */
};

struct option {
	const char *name;
	enum option_type type;

	union {
		bool *flag;
		uint32_t *uint;
		uint64_t *size;
		char *string;
		uint32_t *choice; /* index in `choices` */
	} value;

	uint64_t min; /* UINT and SIZE: the least and greatest good value */
	uint64_t max; /* STRING: bytes of the array, NUL included */
	const char *const *choices; /* ENUM: ends with NULL */
	const char *help;
};

/* Rows of an option table. `array` is a char[] object. */
#define OPTION_FLAG(n, var, text)                                              \
	{                                                                      \
		.name = (n), .type = OPTION_TYPE_FLAG, .value.flag = (var),    \
		.help = (text)                                                 \
	}
#define OPTION_UINT(n, var, least, most, text)                                 \
	{                                                                      \
		.name = (n), .type = OPTION_TYPE_UINT, .value.uint = (var),    \
		.min = (least), .max = (most), .help = (text)                  \
	}
#define OPTION_SIZE(n, var, least, most, text)                                 \
	{                                                                      \
		.name = (n), .type = OPTION_TYPE_SIZE, .value.size = (var),    \
		.min = (least), .max = (most), .help = (text)                  \
	}
#define OPTION_STRING(n, array, text)                                          \
	{                                                                      \
		.name = (n), .type = OPTION_TYPE_STRING,                       \
		.value.string = (array), .max = sizeof(array), .help = (text)  \
	}
#define OPTION_ENUM(n, var, words, text)                                       \
	{                                                                      \
		.name = (n), .type = OPTION_TYPE_ENUM, .value.choice = (var),  \
		.choices = (words), .help = (text)                             \
	}

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

/* Says one line for each option. */
void options_list(const struct option *table, size_t count, options_say_t say);
