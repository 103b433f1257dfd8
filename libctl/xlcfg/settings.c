/* SPDX-License-Identifier: MIT */
/*
 * The grammar of xl.cfg(5): settings NAME=VALUE or NAME+=VALUE, ended by a line's
 * end or a semicolon; values are texts in quotes, numbers, and lists in
 * brackets, which may go over lines; # begins a comment.
 */
#include <ctype.h>
#include <errno.h>
#include <libxml/chvalid.h>
#include <libxml/xmlstring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libctl/core/internal.h"
#include "libctl/xlcfg/xlcfg.h"

/* Lists in lists; xl.cfg has no use for more than two. */
#define DEPTH_MAX 8

struct scan {
	struct corbel *c;
	const char *source;
	const char *at;
	unsigned int line;
	struct settings *settings;
};

static struct setting_value *read_value(struct scan *s, unsigned int depth);

/* Both return -1 after corbel_fail(). */
static int fail(struct scan *s, enum corbel_error_code code, const char *text)
{
	char object[sizeof(s->c->error.object)];

	snprintf(object, sizeof(object), "%.100s:%u", s->source, s->line);
	return corbel_fail(s->c, code, object, "%s", text);
}

static int no_memory(struct scan *s)
{
	return fail(s, CORBEL_NO_MEMORY, "no memory left");
}

static void *alloc(struct scan *s, size_t size)
{
	void *const p = arena_alloc(&s->settings->arena, size);

	if (p == NULL) {
		(void)no_memory(s);
	}
	return p;
}

static void skip_blanks(struct scan *s)
{
	s->at += strspn(s->at, " \t\r");
	if (*s->at == '#') {
		s->at += strcspn(s->at, "\n");
	}
}

static void skip_lines(struct scan *s)
{
	skip_blanks(s);
	while (*s->at == '\n') {
		s->at++;
		s->line++;
		skip_blanks(s);
	}
}

/* ---- texts ---- */

static int digit_value(char digit)
{
	if (isdigit((unsigned char)digit)) {
		return digit - '0';
	}
	return isxdigit((unsigned char)digit)
		       ? tolower((unsigned char)digit) - 'a' + 10
		       : 16;
}

/* As many digits as there are, up to `most`; -1 without any, and for 0, which
 * would end the text. */
static int read_code(const char **from, int base, unsigned int most)
{
	unsigned int count = 0;
	int code = 0;

	while (count < most && digit_value(**from) < base) {
		code = code * base + digit_value(**from);
		(*from)++;
		count++;
	}
	return count > 0 && code % 256 != 0 ? code % 256 : -1;
}

/* What stands behind a backslash; -1 if it means nothing. */
static int read_escape(const char **from)
{
	static const char names[] = "abfnrtv\\\"'";
	static const char codes[] = "\a\b\f\n\r\t\v\\\"'";
	const char *const name = strchr(names, **from);

	if (name != NULL) {
		(*from)++;
		return codes[name - names];
	}
	if (**from == 'x') {
		(*from)++;
		return read_code(from, 16, 2);
	}
	return read_code(from, 8, 3);
}

/* Texts go into XML, which is UTF-8 without most control characters. */
static bool fits_xml(const char *text)
{
	int left = (int)strlen(text);

	while (left > 0) {
		int length = left;
		const int code =
			xmlGetUTF8Char((const unsigned char *)text, &length);

		if (code < 0 || !xmlIsCharQ((unsigned int)code)) {
			return false;
		}
		text += length;
		left -= length;
	}
	return true;
}

static const char *text_end(const char *at, char quote)
{
	while (*at != quote && *at != '\0' && *at != '\n') {
		at += *at == '\\' && at[1] != '\0' && at[1] != '\n' ? 2 : 1;
	}
	return *at == quote ? at : NULL;
}

static int read_text(struct scan *s, struct setting_value *value)
{
	const char *from = s->at + 1;
	const char *const end = text_end(from, *s->at);
	char *to;

	if (end == NULL) {
		return fail(s, CORBEL_INVALID, "the text has no closing quote");
	}
	to = alloc(s, (size_t)(end - from) + 1);
	if (to == NULL) {
		return -1;
	}
	value->kind = SETTING_TEXT;
	value->text = to;
	while (from < end) {
		int code = (unsigned char)*from++;

		if (code == '\\') {
			code = read_escape(&from);
		}
		if (code < 0 || from > end) {
			return fail(s, CORBEL_INVALID,
				    "a backslash before what it cannot change");
		}
		*to++ = (char)code;
	}
	s->at = end + 1;
	return fits_xml(value->text)
		       ? 0
		       : fail(s, CORBEL_INVALID,
			      "the text has what no UTF-8 text has");
}

/* ---- other values ---- */

static int read_number(struct scan *s, struct setting_value *value)
{
	char *end;

	errno = 0;
	value->kind = SETTING_NUMBER;
	value->number = strtoull(s->at, &end, 0);
	if (errno != 0 || isalnum((unsigned char)*end) || *end == '_') {
		return fail(s, CORBEL_INVALID, "no good number");
	}
	value->text =
		arena_text(&s->settings->arena, s->at, (size_t)(end - s->at));
	if (value->text == NULL) {
		return no_memory(s);
	}
	s->at = end;
	return 0;
}

/* A comma may stand behind the last one. */
static int read_list(struct scan *s, struct setting_value *value,
		     unsigned int depth)
{
	struct setting_value **next = &value->first;

	value->kind = SETTING_LIST;
	s->at++;
	for (skip_lines(s); *s->at != ']'; skip_lines(s)) {
		*next = read_value(s, depth + 1);
		if (*next == NULL) {
			return -1;
		}
		next = &(*next)->next;
		skip_lines(s);
		if (*s->at == ',') {
			s->at++;
		} else if (*s->at != ']') {
			return fail(s, CORBEL_INVALID,
				    "a comma or ] is missing in the list");
		}
	}
	s->at++;
	return 0;
}

static int fill_value(struct scan *s, struct setting_value *value,
		      unsigned int depth)
{
	if (*s->at == '"' || *s->at == '\'') {
		return read_text(s, value);
	}
	if (isdigit((unsigned char)*s->at)) {
		return read_number(s, value);
	}
	if (*s->at == '[' && depth < DEPTH_MAX) {
		return read_list(s, value, depth);
	}
	return fail(s, CORBEL_INVALID,
		    "no value here: a text in quotes, a number, or a list");
}

static struct setting_value *read_value(struct scan *s, unsigned int depth)
{
	struct setting_value *const value = alloc(s, sizeof(*value));

	if (value == NULL) {
		return NULL;
	}
	value->line = s->line;
	return fill_value(s, value, depth) == 0 ? value : NULL;
}

/* ---- settings ---- */

static const char *read_name(struct scan *s)
{
	const char *const start = s->at;
	const char *name;

	if (!islower((unsigned char)*start)) {
		(void)fail(s, CORBEL_INVALID, "no setting: NAME=VALUE");
		return NULL;
	}
	while (islower((unsigned char)*s->at) ||
	       isdigit((unsigned char)*s->at) || *s->at == '_' ||
	       *s->at == '.') {
		s->at++;
	}
	name = arena_text(&s->settings->arena, start, (size_t)(s->at - start));
	if (name == NULL) {
		(void)no_memory(s);
	}
	return name;
}

struct setting *settings_find(const struct settings *s, const char *name)
{
	struct setting *at = s->first;

	while (at != NULL && strcmp(at->name, name) != 0) {
		at = at->next;
	}
	return at;
}

/* The setting of that name, at the end if it is new. */
static struct setting *setting_of(struct scan *s, const char *name)
{
	struct setting *const found = settings_find(s->settings, name);
	struct setting **last = &s->settings->first;

	if (found != NULL) {
		return found;
	}
	while (*last != NULL) {
		last = &(*last)->next;
	}
	*last = alloc(s, sizeof(**last));
	if (*last != NULL) {
		(*last)->name = name;
	}
	return *last;
}

/* Both are of one kind: a text grows longer, and so does a list. */
static int append(struct scan *s, struct setting_value *to,
		  struct setting_value *more)
{
	struct setting_value **last = &to->first;
	char *text;

	if (to->kind != more->kind || to->kind == SETTING_NUMBER) {
		return fail(s, CORBEL_INVALID,
			    "+= joins texts or lists, not this");
	}
	if (to->kind == SETTING_LIST) {
		while (*last != NULL) {
			last = &(*last)->next;
		}
		*last = more->first;
		return 0;
	}
	text = alloc(s, strlen(to->text) + strlen(more->text) + 1);
	if (text == NULL) {
		return -1;
	}
	strcat(strcpy(text, to->text), more->text);
	to->text = text;
	return 0;
}

static int set(struct scan *s, const char *name, bool join,
	       struct setting_value *value)
{
	struct setting *const setting = setting_of(s, name);

	if (setting == NULL) {
		return -1;
	}
	setting->source = s->source;
	if (join && setting->value != NULL) {
		return append(s, setting->value, value);
	}
	setting->value = value;
	return 0;
}

static int read_setting(struct scan *s)
{
	const char *const name = read_name(s);
	struct setting_value *value;
	bool join;

	if (name == NULL) {
		return -1;
	}
	skip_blanks(s);
	join = *s->at == '+';
	s->at += join;
	if (*s->at != '=') {
		return fail(s, CORBEL_INVALID, "= is missing behind the name");
	}
	s->at++;
	skip_blanks(s);
	value = read_value(s, 0);
	if (value == NULL || set(s, name, join, value) != 0) {
		return -1;
	}
	skip_blanks(s);
	return *s->at == '\n' || *s->at == ';' || *s->at == '\0'
		       ? 0
		       : fail(s, CORBEL_INVALID,
			      "something is behind the value");
}

int settings_parse(struct corbel *c, const char *source, const char *text,
		   struct settings *settings)
{
	struct scan s = { c, source, text, 1, settings };
	int ret = 0;

	for (skip_lines(&s); ret == 0 && *s.at != '\0'; skip_lines(&s)) {
		if (*s.at == ';') {
			s.at++;
		} else {
			ret = read_setting(&s);
		}
	}
	return ret;
}
