/* SPDX-License-Identifier: MIT */
/*
 * Boot options from a table. Pure: no allocation, nothing is copied but the
 * values of string options, and `line` is not changed.
 */
#include "lib/options.h"

#include "lib/printf.h"
#include "lib/string.h"

/* A piece of the command line; not terminated. */
struct word {
	const char *start;
	size_t len;
};

#define NO_WORD ((struct word){ .start = NULL })

static bool word_is(struct word w, const char *text)
{
	return strlen(text) == w.len && memcmp(w.start, text, w.len) == 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next word at or after *line, which moves past it; empty at the end. */
static struct word next_word(const char **line)
{
	const char *p = *line;

	while (is_space(*p)) {
		p++;
	}

	struct word w = { .start = p };

	while (*p != '\0' && !is_space(*p)) {
		p++;
		w.len++;
	}
	*line = p;
	return w;
}

/* Splits "name=value"; `value` becomes NO_WORD when there is no '='. */
static struct word split(struct word w, struct word *value)
{
	*value = NO_WORD;
	for (size_t i = 0; i < w.len; i++) {
		if (w.start[i] == '=') {
			value->start = w.start + i + 1;
			value->len = w.len - i - 1;
			w.len = i;
		}
	}
	return w;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'f') {
		return c - 'a' + 10;
	}
	if (c >= 'A' && c <= 'F') {
		return c - 'A' + 10;
	}
	return 16;
}

/* Takes the number at the front of *w; false if there is none or too large. */
static bool take_number(struct word *w, uint64_t *number)
{
	const bool hex = w->len > 2 && w->start[0] == '0' && w->start[1] == 'x';
	const int base = hex ? 16 : 10;
	size_t i = hex ? 2 : 0;
	const size_t first = i;
	uint64_t n = 0;

	for (; i < w->len && digit_value(w->start[i]) < base; i++) {
		if (__builtin_mul_overflow(n, (uint64_t)base, &n) ||
		    __builtin_add_overflow(
			    n, (uint64_t)digit_value(w->start[i]), &n)) {
			return false;
		}
	}
	w->start += i;
	w->len -= i;
	*number = n;
	return i > first;
}

static bool set_uint(const struct option *o, struct word w)
{
	uint64_t n;

	if (!take_number(&w, &n) || w.len != 0 || n < o->min || n > o->max ||
	    n > UINT32_MAX) {
		return false;
	}
	*o->value.uint = (uint32_t)n;
	return true;
}

static bool set_size(const struct option *o, struct word w)
{
	static const char units[] = "KkMmGgTt";
	unsigned int shift = 0;
	uint64_t n;

	if (!take_number(&w, &n) || w.len > 1) {
		return false;
	}
	if (w.len == 1) {
		const char *unit = strchr(units, w.start[0]);

		if (unit == NULL) {
			return false;
		}
		shift = 10 * (unsigned int)((unit - units) / 2 + 1);
	}
	if (n > UINT64_MAX >> shift || n << shift < o->min ||
	    n << shift > o->max) {
		return false;
	}
	*o->value.size = n << shift;
	return true;
}

static bool set_string(const struct option *o, struct word w)
{
	if (w.len >= o->max) {
		return false;
	}
	memcpy(o->value.string, w.start, w.len);
	o->value.string[w.len] = '\0';
	return true;
}

static bool set_enum(const struct option *o, struct word w)
{
	for (uint32_t i = 0; o->choices[i] != NULL; i++) {
		if (word_is(w, o->choices[i])) {
			*o->value.choice = i;
			return true;
		}
	}
	return false;
}

static bool set_flag(const struct option *o, struct word w)
{
	static const struct {
		const char *text;
		bool value;
	} words[] = {
		{ "on", true },  { "off", false }, { "yes", true },
		{ "no", false }, { "true", true }, { "false", false },
		{ "1", true },   { "0", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (word_is(w, words[i].text)) {
			*o->value.flag = words[i].value;
			return true;
		}
	}
	return false;
}

/* Sets an option from its value; a flag may stand without one. */
static bool set_value(const struct option *o, struct word value)
{
	if (value.start == NULL) {
		if (o->type != OPTION_TYPE_FLAG) {
			return false;
		}
		*o->value.flag = true;
		return true;
	}
	switch (o->type) {
	case OPTION_TYPE_FLAG:
		return set_flag(o, value);
	case OPTION_TYPE_UINT:
		return set_uint(o, value);
	case OPTION_TYPE_SIZE:
		return set_size(o, value);
	case OPTION_TYPE_STRING:
		return set_string(o, value);
	case OPTION_TYPE_ENUM:
		return set_enum(o, value);
	}
	return false;
}

static const struct option *find(const struct option *table, size_t count,
				 struct word name)
{
	for (size_t i = 0; i < count; i++) {
		if (word_is(name, table[i].name)) {
			return &table[i];
		}
	}
	return NULL;
}

/* "no-name" of a flag: clears it and returns true. */
static bool clear_flag(const struct option *table, size_t count, struct word w)
{
	if (w.len <= 3 || memcmp(w.start, "no-", 3) != 0) {
		return false;
	}
	w.start += 3;
	w.len -= 3;

	const struct option *o = find(table, count, w);

	if (o == NULL || o->type != OPTION_TYPE_FLAG) {
		return false;
	}
	*o->value.flag = false;
	return true;
}

static void describe_enum(const struct option *o, char *buf, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; o->choices[i] != NULL && used < size; i++) {
		used += (size_t)snprintf(buf + used, size - used, "%s%s",
					 i == 0 ? "" : "|", o->choices[i]);
	}
}

/* What may stand behind "name=". */
static void describe_value(const struct option *o, char *buf, size_t size)
{
	switch (o->type) {
	case OPTION_TYPE_FLAG:
		snprintf(buf, size, "on|off");
		break;
	case OPTION_TYPE_UINT:
		snprintf(buf, size, "%llu..%llu", (unsigned long long)o->min,
			 (unsigned long long)o->max);
		break;
	case OPTION_TYPE_SIZE:
		snprintf(buf, size, "SIZE");
		break;
	case OPTION_TYPE_STRING:
		snprintf(buf, size, "TEXT");
		break;
	case OPTION_TYPE_ENUM:
		describe_enum(o, buf, size);
		break;
	}
}

static void say_wrong(const struct option *o, struct word w, options_say_t say)
{
	char wanted[96];

	describe_value(o, wanted, sizeof(wanted));
	if (o->type == OPTION_TYPE_SIZE) {
		say("option %.*s: ignored, want %s=SIZE from %lluK to %lluK",
		    (int)w.len, w.start, o->name,
		    (unsigned long long)(o->min >> 10),
		    (unsigned long long)(o->max >> 10));
		return;
	}
	say("option %.*s: ignored, want %s=%s", (int)w.len, w.start, o->name,
	    wanted);
}

void options_list(const struct option *table, size_t count, options_say_t say)
{
	char value[96];
	char left[128];

	for (size_t i = 0; i < count; i++) {
		describe_value(&table[i], value, sizeof(value));
		snprintf(left, sizeof(left), "%s=%s", table[i].name, value);
		say("  %-28s %s", left, table[i].help);
	}
}

/* False for a word that no row of the table knows. */
static bool parse_word(const struct option *table, size_t count, struct word w,
		       options_say_t say)
{
	struct word value;
	const struct word name = split(w, &value);
	const struct option *o = find(table, count, name);

	if (o != NULL) {
		if (!set_value(o, value)) {
			say_wrong(o, w, say);
		}
		return true;
	}
	return clear_flag(table, count, w);
}

const char *options_parse(const struct option *table, size_t count,
			  const char *line, options_say_t say)
{
	const char *rest = NULL;
	bool unknown = false;

	for (;;) {
		const struct word w = next_word(&line);

		if (w.len == 0) {
			break;
		}
		if (word_is(w, "--")) {
			rest = line + (*line == '\0' ? 0 : 1);
			break;
		}
		if (!parse_word(table, count, w, say)) {
			say("option %.*s: unknown, ignored", (int)w.len,
			    w.start);
			unknown = true;
		}
	}
	if (unknown) {
		say("known options:");
		options_list(table, count, say);
	}
	return rest;
}
