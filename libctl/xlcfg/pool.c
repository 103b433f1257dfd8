/* SPDX-License-Identifier: MIT */
/*
 * A pool of pCPUs as xlcpupool.cfg(5) describes it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libctl/core/internal.h"
#include "libctl/domain/cpus.h"
#include "libctl/xlcfg/xlcfg.h"

static int fail(struct corbel *c, const struct setting *s, const char *why)
{
	char object[160];

	snprintf(object, sizeof(object), "%.120s:%u", s->source,
		 s->value->line);
	return corbel_fail(c, CORBEL_INVALID, object, "%.60s: %s", s->name,
			   why);
}

static int read_name(struct corbel *c, const struct setting *s,
		     struct corbel_pool *out)
{
	if (s->value->kind != SETTING_TEXT) {
		return fail(c, s, "it wants a text in quotes");
	}
	return snprintf(out->name, sizeof(out->name), "%s", s->value->text) <
			       (int)sizeof(out->name)
		       ? 0
		       : fail(c, s, "too long");
}

/* A text, a number, or a list of those. */
static int read_cpus(struct corbel *c, const struct setting *s,
		     struct corbel_pool *out)
{
	const bool many = s->value->kind == SETTING_LIST;
	const struct setting_value *v = many ? s->value->first : s->value;
	struct corbel_cpus some;

	for (; v != NULL; v = many ? v->next : NULL) {
		if (v->kind == SETTING_LIST ||
		    !corbel_cpus_parse(v->text, &some)) {
			return fail(c, s, "no pCPUs (\"0,2-5\")");
		}
		cpus_add(&out->cpus, &some);
	}
	return 0;
}

/* There is one scheduler for all. */
static int ignore(struct corbel *c, const struct setting *s,
		  struct corbel_pool *out)
{
	(void)c;
	(void)s;
	(void)out;
	return 0;
}

static const struct {
	const char *name;
	int (*read)(struct corbel *c, const struct setting *s,
		    struct corbel_pool *out);
	bool required;
} known[] = {
	{ "name", read_name, true },
	{ "cpus", read_cpus, true },
	{ "sched", ignore, false },
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

static int read_setting(struct corbel *c, const struct setting *s,
			struct corbel_pool *out)
{
	for (size_t i = 0; i < KNOWN; i++) {
		if (strcmp(known[i].name, s->name) == 0) {
			return known[i].read(c, s, out);
		}
	}
	return fail(c, s, "not known here (name, cpus, sched)");
}

static int read_all(struct corbel *c, const struct settings *settings,
		    struct corbel_pool *out)
{
	for (const struct setting *s = settings->first; s != NULL;
	     s = s->next) {
		if (read_setting(c, s, out) != 0) {
			return -1;
		}
	}
	for (size_t i = 0; i < KNOWN; i++) {
		if (known[i].required &&
		    settings_find(settings, known[i].name) == NULL) {
			return corbel_fail(c, CORBEL_INVALID, "pool",
					   "%s is missing", known[i].name);
		}
	}
	return 0;
}

int corbel_pool_read(struct corbel *c, const char *path, const char *more,
		     struct corbel_pool *out)
{
	struct settings settings = { 0 };
	char *text = NULL;
	size_t size;
	int ret = -1;

	*out = (struct corbel_pool){ 0 };
	if (path != NULL) {
		text = file_read_text(c, path, &size);
	}
	if ((path == NULL || text != NULL) &&
	    (text == NULL || settings_parse(c, path, text, &settings) == 0) &&
	    settings_parse(c, "command line", more, &settings) == 0) {
		ret = read_all(c, &settings, out);
	}
	arena_free(&settings.arena);
	free(text);
	return ret;
}
