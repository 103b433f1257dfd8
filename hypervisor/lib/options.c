/* SPDX-License-Identifier: MIT */
/*
 * Boot options from a table. Pure: no allocation, nothing is copied, and `line`
 * is not changed.
 */
#include "lib/options.h"

#include "lib/printf.h"
#include "lib/string.h"

/* A piece of the command line; not terminated. */
struct word {
	const char *start;
	size_t len;
};

static bool word_is(struct word w, const char *text)
{
	return strlen(text) == w.len && memcmp(w.start, text, w.len) == 0;
}

/* Takes what stands before the first of `ends` off the text; empty at its end.
 * The character itself is left. */
static struct word next_word(const char **text, const char *ends)
{
	struct word w = { .start = *text };

	while (**text != '\0' && strchr(ends, **text) == NULL) {
		(*text)++;
		w.len++;
	}
	return w;
}

static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9') {
		return (unsigned int)(c - '0');
	}
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'f'
		       ? (unsigned int)((c | 0x20) - 'a' + 10)
		       : 16;
}

/* Takes the number at the front of *w; false if there is none or too large. */
static bool take_number(struct word *w, uint64_t *number)
{
	const bool hex = w->len > 2 && memcmp(w->start, "0x", 2) == 0;
	const unsigned int base = hex ? 16 : 10;
	size_t i = hex ? 2 : 0;
	const size_t first = i;

	*number = 0;
	for (; i < w->len && digit_value(w->start[i]) < base; i++) {
		if (__builtin_mul_overflow(*number, base, number) ||
		    __builtin_add_overflow(*number, digit_value(w->start[i]),
					   number)) {
			return false;
		}
	}
	w->start += i;
	w->len -= i;
	return i > first;
}

static bool set_number(const struct option *o, struct word w)
{
	static const char units[] = "KMGT";
	unsigned int shift = 0;
	uint64_t n;

	if (!take_number(&w, &n)) {
		return false;
	}
	if (w.len == 1 && o->type == OPTION_TYPE_SIZE) {
		const char *unit = strchr(units, w.start[0] & ~0x20);

		if (unit == NULL || *unit == '\0') {
			return false;
		}
		shift = 10 * (unsigned int)(unit - units + 1);
		w.len = 0;
	}
	if (w.len != 0 || n > UINT64_MAX >> shift || n << shift < o->min ||
	    n << shift > o->max) {
		return false;
	}
	if (o->type == OPTION_TYPE_SIZE) {
		*o->value.size = n << shift;
	} else {
		*o->value.uint = (uint32_t)n;
	}
	return true;
}

/* Which of "a|b|c" the word is, or -1. */
static int choice_of(const char *choices, struct word w)
{
	for (int i = 0;; i++, choices++) {
		const struct word choice = next_word(&choices, "|");

		if (choice.len == w.len &&
		    memcmp(choice.start, w.start, w.len) == 0) {
			return i;
		}
		if (*choices == '\0') {
			return -1;
		}
	}
}

/* Sets an option from its value. */
static bool set_value(const struct option *o, struct word value)
{
	if (o->choices == NULL) {
		return set_number(o, value);
	}

	const int choice = choice_of(o->choices, value);

	if (choice >= 0 && o->type == OPTION_TYPE_FLAG) {
		*o->value.flag = choice == 0;
	} else if (choice >= 0) {
		*o->value.uint = (uint32_t)choice;
	}
	return choice >= 0;
}

/* Says an option with what may stand behind "name=". */
static void describe(const struct option *o, char *buf, size_t size)
{
	if (o->type == OPTION_TYPE_UINT) {
		snprintf(buf, size, "%s=%lu..%lu", o->name, o->min, o->max);
	} else if (o->type == OPTION_TYPE_SIZE) {
		snprintf(buf, size, "%s=SIZE from %luK to %luK", o->name,
			 o->min >> 10, o->max >> 10);
	} else {
		snprintf(buf, size, "%s=%s", o->name, o->choices);
	}
}

/* False for a word that no row of the table knows. */
static bool parse_word(const struct option *table, size_t count, struct word w,
		       options_say_t say)
{
	const char *rest = w.start;
	struct word name = next_word(&rest, "= \t\n\r");
	const bool no = name.len > 3 && memcmp(name.start, "no-", 3) == 0;
	const bool has_value = name.len < w.len;
	const struct word value = { name.start + name.len + 1,
				    w.len - name.len - 1 };
	char text[128];

	if (no) {
		name.start += 3;
		name.len -= 3;
	}
	for (const struct option *o = table; o < table + count; o++) {
		if (!word_is(name, o->name)) {
			continue;
		}
		if (o->type == OPTION_TYPE_FLAG && !has_value) {
			*o->value.flag = !no;
		} else if (no) {
			return false;
		} else if (!has_value || !set_value(o, value)) {
			describe(o, text, sizeof(text));
			say("option %.*s: ignored, want %s", (int)w.len,
			    w.start, text);
		}
		return true;
	}
	return false;
}

const char *options_parse(const struct option *table, size_t count,
			  const char *line, options_say_t say)
{
	bool unknown = false;
	char text[128];

	for (;; line += *line != '\0') {
		const struct word w = next_word(&line, " \t\n\r");

		if (word_is(w, "--")) {
			return line + (*line != '\0');
		}
		if (w.len != 0 && !parse_word(table, count, w, say)) {
			say("option %.*s: unknown, ignored", (int)w.len,
			    w.start);
			unknown = true;
		}
		if (*line == '\0') {
			break;
		}
	}
	if (unknown) {
		say("known options:");
	}
	for (size_t i = 0; unknown && i < count; i++) {
		describe(&table[i], text, sizeof(text));
		say("  %-28s %s", text, table[i].help);
	}
	return NULL;
}
