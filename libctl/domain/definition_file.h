/* SPDX-License-Identifier: MIT */
/*
 * Where definitions are: a file for each, NAME.xml, and a link to it in the
 * folder autostart/ for those that start with the machine. An admin may put files
 * there, too.
 */
#pragma once

#include "libctl/corbel.h"

/* "/etc/corbel/domains"; tests have another. */
extern const char *definition_folder;

#define DEFINITION_PATH 256

/* Writes the path of this guest's file; the name may be any text. */
void definition_path(const char *name, char path[DEFINITION_PATH]);
bool definition_is_there(const char *name);
bool definition_autostarts(const char *name);

/* 0, or -1 after corbel_fail(). */
int definition_write(struct corbel *c, const char *name, const char *xml);
int definition_remove(struct corbel *c, const char *name);
int definition_link(struct corbel *c, const char *name, bool on);

/* The names of all, sorted; free() each and the list. */
int definition_names(struct corbel *c, char ***names, size_t *count);
void definition_names_free(char **names, size_t count);
