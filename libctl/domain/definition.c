/* SPDX-License-Identifier: MIT */
/*
 * Defined guests: what is known of them by their files.
 *
 * A name stands for one guest, with one uuid: a description of the same name
 * with another uuid is another guest, and refused. One without an uuid is meant
 * for the guest that there is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libctl/config/config.h"
#include "libctl/core/internal.h"
#include "libctl/domain/definition_file.h"

static void object_of(const char *name, char object[96])
{
	snprintf(object, 96, "guest %.80s", name);
}

static int not_defined(struct corbel *c, const char *name)
{
	char object[96];

	object_of(name, object);
	return corbel_fail(c, CORBEL_NOT_FOUND, object,
			   "there is no definition of it (see: corbel xml "
			   "list)");
}

static int read_file(struct corbel *c, const char *name, bool elsewhere,
		     struct corbel_config **config)
{
	char path[DEFINITION_PATH];

	if (!definition_is_there(name)) {
		return not_defined(c, name);
	}
	definition_path(name, path);
	return config_read(c, path, elsewhere, config);
}

int corbel_definition_read(struct corbel *c, const char *name,
			   struct corbel_config **config)
{
	struct corbel_config *found;

	if (read_file(c, name, false, &found) != 0) {
		return -1;
	}
	/* An admin who copies a file may forget the name in it. */
	if (strcmp(found->name, name) != 0) {
		char path[DEFINITION_PATH];

		definition_path(name, path);
		corbel_fail(c, CORBEL_INVALID, path,
			    "the <name> in it is another: %s", found->name);
		corbel_config_free(found);
		return -1;
	}
	*config = found;
	return 0;
}

int corbel_definition_xml(struct corbel *c, const char *name, char **text)
{
	char path[DEFINITION_PATH];
	size_t size;

	if (!definition_is_there(name)) {
		return not_defined(c, name);
	}
	definition_path(name, path);
	*text = file_read_text(c, path, &size);
	return *text != NULL ? 0 : -1;
}

/* ---- all of them ---- */

static void describe(struct corbel *c, const char *name,
		     struct corbel_definition *d)
{
	struct corbel_config *config;

	*d = (struct corbel_definition){
		.autostart = definition_autostarts(name),
	};
	snprintf(d->name, sizeof(d->name), "%s", name);
	if (read_file(c, name, true, &config) != 0) {
		snprintf(d->problem, sizeof(d->problem), "%.100s: %.400s",
			 c->error.object, c->error.text);
		return;
	}
	memcpy(d->uuid, config->uuid, sizeof(d->uuid));
	d->vcpus = config->vcpus;
	d->memory_kib = config->memory_kib;
	d->hvm = config->hvm;
	corbel_config_free(config);
}

int corbel_definitions(struct corbel *c, struct corbel_definition **list,
		       size_t *count)
{
	struct corbel_definition *all;
	char **names;
	size_t found;

	if (definition_names(c, &names, &found) != 0) {
		return -1;
	}
	all = calloc(found + 1, sizeof(*all));
	for (size_t i = 0; all != NULL && i < found; i++) {
		describe(c, names[i], &all[i]);
	}
	definition_names_free(names, found);
	if (all == NULL) {
		return corbel_fail_errno(c, "definitions", "list");
	}
	*list = all;
	*count = found;
	return 0;
}

/* ---- changing ---- */

/* The text has it in the same form, of the same length. */
static void take_uuid(struct corbel_config *config, const uint8_t uuid[16])
{
	char before[37], after[37];
	char *place;

	value_uuid_text(config->uuid, before);
	value_uuid_text(uuid, after);
	place = strstr(config->xml, before);
	if (place != NULL) {
		memcpy(place, after, 36);
	}
	memcpy(config->uuid, uuid, 16);
	config->uuid_is_new = false;
}

int corbel_definition_match(struct corbel *c, struct corbel_config *config)
{
	struct corbel_config *old;
	char object[96], text[37];
	int ret = 0;

	if (!definition_is_there(config->name)) {
		return 0;
	}
	if (read_file(c, config->name, true, &old) != 0) {
		return -1;
	}
	if (config->uuid_is_new) {
		take_uuid(config, old->uuid);
	} else if (memcmp(config->uuid, old->uuid, sizeof(old->uuid)) != 0) {
		object_of(config->name, object);
		value_uuid_text(old->uuid, text);
		ret = corbel_fail(c, CORBEL_EXISTS, object,
				  "it is defined with another uuid, %s", text);
	}
	corbel_config_free(old);
	return ret;
}

/* Another name with this uuid would be the same guest twice. */
static int check_uuid(struct corbel *c, const struct corbel_config *config)
{
	struct corbel_definition *list;
	size_t count;
	char object[96];
	int ret = 0;

	if (corbel_definitions(c, &list, &count) != 0) {
		return -1;
	}
	for (size_t i = 0; i < count && ret == 0; i++) {
		if (list[i].problem[0] != '\0' ||
		    memcmp(list[i].uuid, config->uuid, 16) != 0 ||
		    strcmp(list[i].name, config->name) == 0) {
			continue;
		}
		object_of(config->name, object);
		ret = corbel_fail(c, CORBEL_EXISTS, object,
				  "its uuid is that of the defined guest %s",
				  list[i].name);
	}
	free(list);
	return ret;
}

/* A file that cannot be read any more is no reason to keep it. */
static int match_readable(struct corbel *c, struct corbel_config *config)
{
	if (corbel_definition_match(c, config) == 0) {
		return 0;
	}
	return c->error.code == CORBEL_INVALID ? 0 : -1;
}

int corbel_define(struct corbel *c, const char *path,
		  struct corbel_config **config)
{
	struct corbel_config *new;

	if (config_read(c, path, true, &new) != 0) {
		return -1;
	}
	if (match_readable(c, new) != 0 || check_uuid(c, new) != 0 ||
	    definition_write(c, new->name, new->xml) != 0) {
		corbel_config_free(new);
		return -1;
	}
	*config = new;
	return 0;
}

int corbel_undefine(struct corbel *c, const char *name)
{
	return definition_is_there(name) ? definition_remove(c, name)
					 : not_defined(c, name);
}

int corbel_autostart(struct corbel *c, const char *name, bool on)
{
	return definition_is_there(name) ? definition_link(c, name, on)
					 : not_defined(c, name);
}
