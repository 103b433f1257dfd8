/* SPDX-License-Identifier: MIT */
/*
 * A thin layer over yajl's generator, which keeps the text and the first
 * failure.
 */
#include "toolstack/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "toolstack/command.h"

/* The generator itself is the state. */
static yajl_gen generator(struct json *j)
{
	return (yajl_gen)(void *)j;
}

static void put_text(struct json *j, const char *text)
{
	yajl_gen_string(generator(j), (const unsigned char *)text,
			strlen(text));
}

static void put_name(struct json *j, const char *name)
{
	if (name != NULL) {
		put_text(j, name);
	}
}

struct json *json_start(void)
{
	yajl_gen g = yajl_gen_alloc(NULL);

	if (g != NULL) {
		yajl_gen_config(g, yajl_gen_beautify, 1);
		yajl_gen_config(g, yajl_gen_indent_string, "  ");
	}
	return (struct json *)(void *)g;
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

/* yajl's own integers end at 2^63. */
void json_number(struct json *j, const char *name, uint64_t value)
{
	char text[24];
	const int length = snprintf(text, sizeof(text), "%" PRIu64, value);

	put_name(j, name);
	yajl_gen_number(generator(j), text, (size_t)length);
}

void json_bool(struct json *j, const char *name, bool value)
{
	put_name(j, name);
	yajl_gen_bool(generator(j), value);
}

void json_drop(struct json *j)
{
	yajl_gen_free(generator(j));
}

int json_print(struct json *j)
{
	const unsigned char *text;
	size_t length;
	bool done;

	if (yajl_gen_get_buf(generator(j), &text, &length) !=
	    yajl_gen_status_ok) {
		yajl_gen_free(generator(j));
		errno = EINVAL;
		return report_errno("output", "JSON");
	}
	done = fwrite(text, 1, length, stdout) == length;
	yajl_gen_free(generator(j));
	return done ? EXIT_OK : report_errno("output", "write");
}
