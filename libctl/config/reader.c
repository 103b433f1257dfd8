/* SPDX-License-Identifier: MIT */
/*
 * A document against the tables of the subset: which elements and attributes
 * may be where. Messages name the line, the element and what would be right.
 */
#include <ctype.h>
#include <libxml/parser.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libctl/config/config.h"
#include "libctl/core/internal.h"

/* Of a long path its end says more than its beginning. */
static void place(const struct reader *r, const xmlNode *node, char *text,
		  size_t size)
{
	const size_t room = size - sizeof("...:4294967295");
	const size_t length = strlen(r->path);
	const bool fits = length <= room;

	snprintf(text, size, "%s%s:%ld", fits ? "" : "...",
		 fits ? r->path : r->path + length - room, xmlGetLineNo(node));
}

int reader_fail(struct reader *r, const xmlNode *node,
		enum corbel_error_code code, const char *format, ...)
{
	char object[sizeof(r->c->error.object)];
	char text[sizeof(r->c->error.text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	place(r, node, object, sizeof(object));
	return corbel_fail(r->c, code, object, "%s", text);
}

int reader_no_memory(struct reader *r, const xmlNode *node)
{
	return reader_fail(r, node, CORBEL_NO_MEMORY, "no memory left");
}

int reader_warn(struct reader *r, const xmlNode *node, const char *text)
{
	char object[sizeof(r->c->error.object)];
	char *const before = r->config->warnings;
	char *all;

	place(r, node, object, sizeof(object));
	if (asprintf(&all, "%s%s: <%s>: %s\n", before != NULL ? before : "",
		     object, (const char *)node->name, text) < 0) {
		return reader_no_memory(r, node);
	}
	free(before);
	r->config->warnings = all;
	return 0;
}

static char *trimmed(xmlChar *xml)
{
	const char *start = (const char *)xml;
	size_t length;
	char *text;

	if (xml == NULL) {
		return NULL;
	}
	start += strspn(start, " \t\r\n");
	length = strlen(start);
	while (length > 0 && isspace((unsigned char)start[length - 1])) {
		length--;
	}
	text = strndup(start, length);
	xmlFree(xml);
	return text;
}

char *reader_text(const xmlNode *node)
{
	return trimmed(xmlNodeGetContent(node));
}

char *reader_attribute(const xmlNode *node, const char *name)
{
	return trimmed(xmlGetNoNsProp(node, (const xmlChar *)name));
}

int reader_number(struct reader *r, xmlNode *node, uint64_t *number)
{
	char *const text = reader_text(node);
	int ret = 0;

	if (text == NULL) {
		return reader_no_memory(r, node);
	}
	if (!value_number(text, number)) {
		ret = reader_fail(r, node, CORBEL_INVALID,
				  "<%s>: '%.60s' is no whole number",
				  (const char *)node->name, text);
	}
	free(text);
	return ret;
}

static bool is_named(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE &&
	       strcmp((const char *)node->name, name) == 0;
}

xmlNode *reader_find(const xmlNode *node, const char *name)
{
	for (xmlNode *n = node->children; n != NULL; n = n->next) {
		if (is_named(n, name)) {
			return n;
		}
	}
	return NULL;
}

bool reader_is_one_of(const char *value, const char *values)
{
	const size_t length = strlen(value);

	for (;;) {
		const size_t next = strcspn(values, "|");

		if (next == length && memcmp(values, value, length) == 0) {
			return true;
		}
		if (values[next] == '\0') {
			return false;
		}
		values += next + 1;
	}
}

void reader_list(const char *values, char *text, size_t size)
{
	size_t used = 0;

	for (; *values != '\0' && used + 3 < size; values++) {
		if (*values == '|') {
			text[used++] = ',';
			text[used++] = ' ';
		} else {
			text[used++] = *values;
		}
	}
	text[used] = '\0';
}

/* Adds a name to a list "a, b". */
static void list_add(char *text, size_t size, const char *name)
{
	const size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", name);
}

/* ---- attributes ---- */

static int unknown_attribute(struct reader *r, const xmlNode *node,
			     const char *name, const struct attribute *known)
{
	char names[256] = "";

	for (; known != NULL && known->name != NULL; known++) {
		list_add(names, sizeof(names), known->name);
	}
	return reader_fail(r, node, CORBEL_INVALID,
			   "<%s>: attribute '%.60s' is not known (%s)",
			   (const char *)node->name, name,
			   names[0] != '\0' ? names : "there are none");
}

static const struct attribute *find_attribute(const struct attribute *known,
					      const xmlAttr *attribute)
{
	for (; known != NULL && known->name != NULL; known++) {
		if (strcmp(known->name, (const char *)attribute->name) == 0) {
			return known;
		}
	}
	return NULL;
}

static int check_value(struct reader *r, const xmlNode *node,
		       const struct attribute *known, const char *value)
{
	char list[256];

	if (known->values == NULL || reader_is_one_of(value, known->values)) {
		return 0;
	}
	reader_list(known->values, list, sizeof(list));
	return reader_fail(r, node, CORBEL_INVALID,
			   "<%s>: %s '%.60s' is not known (%s)",
			   (const char *)node->name, known->name, value, list);
}

static int check_attribute(struct reader *r, const xmlNode *node,
			   const xmlAttr *attribute,
			   const struct attribute *known)
{
	const struct attribute *row = find_attribute(known, attribute);
	char *value;
	int ret;

	if (row == NULL || attribute->ns != NULL) {
		return unknown_attribute(r, node, (const char *)attribute->name,
					 known);
	}
	value = reader_attribute(node, row->name);
	if (value == NULL) {
		return reader_no_memory(r, node);
	}
	ret = check_value(r, node, row, value);
	free(value);
	return ret;
}

static int check_attributes(struct reader *r, const xmlNode *node,
			    const struct attribute *known)
{
	for (const xmlAttr *a = node->properties; a != NULL; a = a->next) {
		if (check_attribute(r, node, a, known) != 0) {
			return -1;
		}
	}
	for (; known != NULL && known->name != NULL; known++) {
		if (known->required &&
		    !xmlHasProp(node, (const xmlChar *)known->name)) {
			return reader_fail(r, node, CORBEL_INVALID,
					   "<%s>: attribute '%s' is missing",
					   (const char *)node->name,
					   known->name);
		}
	}
	return 0;
}

/* ---- elements ---- */

static int unknown_element(struct reader *r, const xmlNode *node,
			   const struct element *known)
{
	char names[256] = "";

	for (; known != NULL && known->name != NULL; known++) {
		if ((known->rules & ELEMENT_FREE) == 0) {
			list_add(names, sizeof(names), known->name);
		}
	}
	return reader_fail(r, node, CORBEL_INVALID,
			   "<%.60s> is not known inside <%s> (%s)",
			   (const char *)node->name,
			   (const char *)node->parent->name,
			   names[0] != '\0' ? names : "nothing may be there");
}

static bool is_first(const xmlNode *node)
{
	return reader_find(node->parent, (const char *)node->name) == node;
}

static int inside_element(struct reader *r, xmlNode *node,
			  const struct element *known)
{
	const struct element *row = known;

	while (row != NULL && row->name != NULL && !is_named(node, row->name)) {
		row++;
	}
	if (row == NULL || row->name == NULL || node->ns != NULL) {
		return unknown_element(r, node, known);
	}
	if ((row->rules & ELEMENT_ONCE) != 0 && !is_first(node)) {
		return reader_fail(r, node, CORBEL_INVALID,
				   "<%s> is there a second time", row->name);
	}
	return reader_element(r, node, row);
}

static int inside_node(struct reader *r, xmlNode *node,
		       const struct element *element)
{
	switch ((int)node->type) {
	case XML_ELEMENT_NODE:
		return inside_element(r, node, element->inside);
	case XML_COMMENT_NODE:
		return 0;
	case XML_TEXT_NODE:
	case XML_CDATA_SECTION_NODE:
		if ((element->rules & ELEMENT_TEXT) != 0 ||
		    xmlIsBlankNode(node)) {
			return 0;
		}
		return reader_fail(r, node->parent, CORBEL_INVALID,
				   "<%s>: text is not expected here",
				   element->name);
	default:
		return reader_fail(r, node->parent, CORBEL_INVALID,
				   "<%s>: entities and processing "
				   "instructions are not accepted",
				   element->name);
	}
}

static int check_required(struct reader *r, const xmlNode *node,
			  const struct element *inside)
{
	for (; inside != NULL && inside->name != NULL; inside++) {
		if ((inside->rules & ELEMENT_REQUIRED) != 0 &&
		    reader_find(node, inside->name) == NULL) {
			return reader_fail(r, node, CORBEL_INVALID,
					   "<%s>: <%s> is missing",
					   (const char *)node->name,
					   inside->name);
		}
	}
	return 0;
}

static int free_element(struct reader *r, const xmlNode *node,
			const struct element *element)
{
	if ((element->rules & ELEMENT_HVM) == 0 || r->config->hvm) {
		return 0;
	}
	return reader_warn(r, node, "ignored: a PVH guest has nothing like it");
}

int reader_element(struct reader *r, xmlNode *node,
		   const struct element *element)
{
	if ((element->rules & ELEMENT_FREE) != 0) {
		return free_element(r, node, element);
	}
	if (check_attributes(r, node, element->attributes) != 0) {
		return -1;
	}
	for (xmlNode *n = node->children; n != NULL; n = n->next) {
		if (inside_node(r, n, element) != 0) {
			return -1;
		}
	}
	if (check_required(r, node, element->inside) != 0) {
		return -1;
	}
	return element->read != NULL ? element->read(r, node) : 0;
}
