/* SPDX-License-Identifier: MIT */
/* One conversion: what its steps share. */
#pragma once

#include <libxml/tree.h>
#include <stdio.h>

#include "libctl/xlcfg/xlcfg.h"

/* A failure to write, into the tree or the notes, is for want of memory only and
 * told at the end. */
struct conversion {
	struct corbel *c;
	const char *source;
	struct settings settings;
	xmlDoc *document;
	FILE *notes;
	bool hvm;
	bool partial; /* a device is missing */
};

/* ---- conversion.c ---- */

/* A line "SOURCE:LINE: NAME: TEXT" in the notes; `at` is in the setting's value. */
void conversion_note(struct conversion *v, const struct setting *setting,
		     const struct setting_value *at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* The same for a device that is not in the result. */
void conversion_left_out(struct conversion *v, const struct setting *setting,
			 const struct setting_value *at, const char *why);

/* Ends the conversion: -1. */
int conversion_missing(struct conversion *v, const char *name, const char *why);

/* The setting, which counts as used; NULL if there is none of that kind. */
struct setting *conversion_take(struct conversion *v, const char *name,
				enum setting_kind kind);

/* Without memory they do nothing, as libxml2's do with a node that is NULL. */
xmlNode *xml_add(xmlNode *parent, const char *name, const char *text);
xmlNode *xml_add_number(xmlNode *parent, const char *name, uint64_t value);
void xml_set(xmlNode *node, const char *name, const char *value);
void xml_set_number(xmlNode *node, const char *name, uint64_t value);

/* ---- convert_devices.c ---- */

void convert_devices(struct conversion *v, xmlNode *domain);

/* ---- convert_tune.c ---- */

/* In the domain and its <vcpu>. */
void convert_tune(struct conversion *v, xmlNode *domain, xmlNode *vcpu);
