/* SPDX-License-Identifier: MIT */
#include "libctl/domain/definition_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libctl/config/config.h"
#include "libctl/core/internal.h"

const char *definition_folder = "/etc/corbel/domains";

#define SUFFIX ".xml"

/* Names come from command lines, so none may lead out of the folder. */
static const char *file_of(const char *name)
{
	return value_name(name) ? name : "";
}

void definition_path(const char *name, char path[DEFINITION_PATH])
{
	snprintf(path, DEFINITION_PATH, "%.128s/%s" SUFFIX, definition_folder,
		 file_of(name));
}

static void link_path(const char *name, char path[DEFINITION_PATH])
{
	snprintf(path, DEFINITION_PATH, "%.128s/autostart/%s" SUFFIX,
		 definition_folder, file_of(name));
}

bool definition_is_there(const char *name)
{
	char path[DEFINITION_PATH];

	definition_path(name, path);
	return access(path, F_OK) == 0;
}

bool definition_autostarts(const char *name)
{
	char path[DEFINITION_PATH];

	link_path(name, path);
	return access(path, F_OK) == 0;
}

/* The folder, the one that it is in, and the one for links. */
static int make_folders(struct corbel *c)
{
	char parent[DEFINITION_PATH], links[DEFINITION_PATH];

	snprintf(parent, sizeof(parent), "%s", definition_folder);
	*strrchr(parent, '/') = '\0';
	snprintf(links, sizeof(links), "%s/autostart", definition_folder);
	if ((mkdir(parent, 0755) != 0 && errno != EEXIST) ||
	    (mkdir(definition_folder, 0700) != 0 && errno != EEXIST) ||
	    (mkdir(links, 0700) != 0 && errno != EEXIST)) {
		return corbel_fail_errno(c, links, "make the folder");
	}
	return 0;
}

int definition_write(struct corbel *c, const char *name, const char *xml)
{
	char path[DEFINITION_PATH];

	definition_path(name, path);
	return make_folders(c) == 0 ? file_write_text(c, path, xml) : -1;
}

int definition_link(struct corbel *c, const char *name, bool on)
{
	char path[DEFINITION_PATH], target[DEFINITION_PATH];
	int ret;

	if (on && make_folders(c) != 0) {
		return -1;
	}
	link_path(name, path);
	snprintf(target, sizeof(target), "../%s" SUFFIX, file_of(name));
	ret = on ? symlink(target, path) : unlink(path);
	if (ret != 0 && errno != (on ? EEXIST : ENOENT)) {
		return corbel_fail_errno(c, path, on ? "link" : "remove");
	}
	return 0;
}

int definition_remove(struct corbel *c, const char *name)
{
	char path[DEFINITION_PATH];

	if (definition_link(c, name, false) != 0) {
		return -1;
	}
	definition_path(name, path);
	return unlink(path) == 0 ? 0 : corbel_fail_errno(c, path, "remove");
}

/* ---- all of them ---- */

static int is_definition(const struct dirent *entry)
{
	const char *const suffix = strrchr(entry->d_name, '.');
	char name[sizeof(entry->d_name)];

	if (suffix == NULL || strcmp(suffix, SUFFIX) != 0) {
		return 0;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(suffix - entry->d_name),
		 entry->d_name);
	return value_name(name);
}

int definition_names(struct corbel *c, char ***names, size_t *count)
{
	struct dirent **entries = NULL;
	const int found =
		scandir(definition_folder, &entries, is_definition, alphasort);

	*names = NULL;
	*count = 0;
	if (found < 0) {
		return errno == ENOENT ? 0
				       : corbel_fail_errno(c, definition_folder,
							   "read");
	}
	*names = calloc((size_t)found + 1, sizeof(**names));
	for (int i = 0; i < found; i++) {
		if (*names != NULL) {
			*strrchr(entries[i]->d_name, '.') = '\0';
			(*names)[i] = strdup(entries[i]->d_name);
		}
		free(entries[i]);
	}
	free(entries);
	if (*names == NULL) {
		return corbel_fail_errno(c, definition_folder, "read");
	}
	*count = (size_t)found;
	return 0;
}

void definition_names_free(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(names[i]);
	}
	free(names);
}
