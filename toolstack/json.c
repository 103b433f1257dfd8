/* SPDX-License-Identifier: MIT */
/*
 * A thin layer over yajl's generator, which keeps the text and the first
 * failure.
 */
#include "toolstack/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

/* The generator itself is the state. */
static yajl_gen generator(struct json *j)
{
	return (yajl_gen)(void *)j;
}

static yajl_gen_status put(struct json *j, const char *text)
{
	return yajl_gen_string(generator(j), (const unsigned char *)text,
			       strlen(text));
}

/* What is no UTF-8 loses all that is no ASCII. */
static void put_text(struct json *j, const char *text)
{
	char *ascii;

	if (put(j, text) != yajl_gen_invalid_string) {
		return;
	}
	ascii = strdup(text);
	for (char *c = ascii; c != NULL && *c != '\0'; c++) {
		*c = *c & 0x80 ? '?' : *c;
	}
	put(j, ascii != NULL ? ascii : "");
	free(ascii);
}

static void put_name(struct json *j, const char *name)
{
	if (name != NULL) {
		put_text(j, name);
	}
}

struct json *json_start_line(void)
{
	yajl_gen g = yajl_gen_alloc(NULL);

	if (g != NULL) {
		yajl_gen_config(g, yajl_gen_validate_utf8, 1);
	}
	return (struct json *)(void *)g;
}

struct json *json_start(void)
{
	struct json *const j = json_start_line();

	if (j != NULL) {
		yajl_gen_config(generator(j), yajl_gen_beautify, 1);
		yajl_gen_config(generator(j), yajl_gen_indent_string, "  ");
	}
	return j;
}

void json_object(struct json *j, const char *name)
{
	put_name(j, name);
	yajl_gen_map_open(generator(j));
}

void json_object_end(struct json *j)
{
	yajl_gen_map_close(generator(j));
}

void json_list(struct json *j, const char *name)
{
	put_name(j, name);
	yajl_gen_array_open(generator(j));
}

void json_list_end(struct json *j)
{
	yajl_gen_array_close(generator(j));
}

void json_text(struct json *j, const char *name, const char *value)
{
	put_name(j, name);
	put_text(j, value);
}

static void put_number(struct json *j, const char *name, const char *text)
{
	put_name(j, name);
	yajl_gen_number(generator(j), text, strlen(text));
}

/* yajl's own integers end at 2^63. */
void json_number(struct json *j, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	put_number(j, name, text);
}

void json_real(struct json *j, const char *name, double value)
{
	char text[352]; /* the largest double is that long */

	snprintf(text, sizeof(text), "%.1f", value);
	put_number(j, name, text);
}

void json_bool(struct json *j, const char *name, bool value)
{
	put_name(j, name);
	yajl_gen_bool(generator(j), value);
}

void json_drop(struct json *j)
{
	if (j != NULL) {
		yajl_gen_free(generator(j));
	}
}

const char *json_get(struct json *j)
{
	const unsigned char *text;
	size_t length;

	return yajl_gen_get_buf(generator(j), &text, &length) ==
			       yajl_gen_status_ok
		       ? (const char *)text
		       : NULL;
}
