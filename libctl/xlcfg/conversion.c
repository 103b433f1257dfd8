/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "libctl/core/internal.h"
#include "libctl/xlcfg/conversion.h"

void conversion_note(struct conversion *v, const struct setting *setting,
		     const struct setting_value *at, const char *format, ...)
{
	va_list args;

	fprintf(v->notes, "%s:%u: %s: ", setting->source, at->line,
		setting->name);
	va_start(args, format);
	vfprintf(v->notes, format, args);
	va_end(args);
	fputc('\n', v->notes);
}

void conversion_left_out(struct conversion *v, const struct setting *setting,
			 const struct setting_value *at, const char *why)
{
	v->partial = true;
	conversion_note(v, setting, at, "left out: %s", why);
}

int conversion_missing(struct conversion *v, const char *name, const char *why)
{
	return corbel_fail(v->c, CORBEL_INVALID, v->source, "%s is missing%s",
			   name, why);
}

/* xl takes a number for a text, and the other way round. */
static bool is_of(struct setting_value *value, enum setting_kind kind)
{
	char *end;

	if (value->kind == kind) {
		return true;
	}
	if (value->kind == SETTING_LIST || kind == SETTING_LIST) {
		return false;
	}
	if (kind == SETTING_TEXT) {
		return true;
	}
	errno = 0;
	value->number = strtoull(value->text, &end, 0);
	return isdigit((unsigned char)value->text[0]) && errno == 0 &&
	       *end == '\0';
}

struct setting *conversion_take(struct conversion *v, const char *name,
				enum setting_kind kind)
{
	static const char *const names[] = {
		[SETTING_TEXT] = "text in quotes",
		[SETTING_NUMBER] = "number",
		[SETTING_LIST] = "list in brackets",
	};
	struct setting *const setting = settings_find(&v->settings, name);

	if (setting == NULL) {
		return NULL;
	}
	setting->used = true;
	if (is_of(setting->value, kind)) {
		return setting;
	}
	conversion_note(v, setting, setting->value, "it wants a %s",
			names[kind]);
	return NULL;
}

/* ---- XML ---- */

xmlNode *xml_add(xmlNode *parent, const char *name, const char *text)
{
	return xmlNewTextChild(parent, NULL, (const xmlChar *)name,
			       (const xmlChar *)text);
}

void xml_set(xmlNode *node, const char *name, const char *value)
{
	xmlNewProp(node, (const xmlChar *)name, (const xmlChar *)value);
}

void xml_set_number(xmlNode *node, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	xml_set(node, name, text);
}

xmlNode *xml_add_number(xmlNode *parent, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return xml_add(parent, name, text);
}
