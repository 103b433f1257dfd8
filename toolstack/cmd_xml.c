/* SPDX-License-Identifier: MIT */
/*
 * corbel xml define, dumpxml, edit, undefine, list; corbel autostart: guests
 * that are known while they do not run.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "toolstack/command.h"
#include "toolstack/describe.h"

static int define(struct corbel *c, const char *path)
{
	struct corbel_config *config;

	if (corbel_define(c, path, &config) != 0) {
		return report_failure(c);
	}
	if (config->warnings != NULL) {
		fputs(config->warnings, stderr);
	}
	printf("guest %s is defined%s\n", config->name,
	       config->hvm ? "; it cannot be started, HVM comes later" : "");
	corbel_config_free(config);
	return EXIT_OK;
}

int cmd_xml_define(struct corbel *c, const struct arguments *a)
{
	return define(c, a->operand[0]);
}

int cmd_xml_undefine(struct corbel *c, const struct arguments *a)
{
	return corbel_undefine(c, a->operand[0]) == 0 ? EXIT_OK
						      : report_failure(c);
}

int cmd_autostart(struct corbel *c, const struct arguments *a)
{
	return corbel_autostart(c, a->operand[0], !a->given[OPTION_DISABLE]) ==
			       0
		       ? EXIT_OK
		       : report_failure(c);
}

/* One that is not defined but runs has what it was made from. */
static int find_xml(struct corbel *c, const char *name, char **text)
{
	uint32_t domid;

	if (corbel_definition_xml(c, name, text) == 0) {
		return 0;
	}
	if (corbel_error(c)->code != CORBEL_NOT_FOUND) {
		return -1;
	}
	return corbel_find(c, name, &domid) == 0 ? corbel_xml(c, domid, text)
						 : -1;
}

int cmd_xml_dumpxml(struct corbel *c, const struct arguments *a)
{
	char *text;

	if (find_xml(c, a->operand[0], &text) != 0) {
		return report_failure(c);
	}
	fputs(text, stdout);
	free(text);
	return EXIT_OK;
}

/* ---- editing ---- */

static int write_copy(const char *text, char *path)
{
	const int fd = mkstemps(path, 4);
	const size_t size = strlen(text);
	ssize_t written;

	if (fd < 0) {
		return -1;
	}
	written = write(fd, text, size);
	return close(fd) == 0 && written == (ssize_t)size ? 0 : -1;
}

/* It may be a command with options. */
static int run_editor(const char *path)
{
	const char *editor = getenv("VISUAL");
	pid_t child;
	int status;

	if (editor == NULL) {
		editor = getenv("EDITOR");
	}
	if (editor == NULL) {
		editor = "vi";
	}
	child = fork();
	if (child == 0) {
		setenv("CORBEL_EDITOR", editor, 1);
		execl("/bin/sh", "sh", "-c", "exec $CORBEL_EDITOR \"$1\"", "sh",
		      path, (char *)NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child) {
		return report_errno(editor, "run");
	}
	return status == 0 ? EXIT_OK
			   : report_text(editor, "it failed; nothing is "
						 "changed");
}

/* On a terminal a mistake is no reason to begin again. */
static bool wants_another_try(void)
{
	char answer[8];

	if (!isatty(STDIN_FILENO)) {
		return false;
	}
	fprintf(stderr, "Edit it again? [y/n] ");
	return fgets(answer, sizeof(answer), stdin) != NULL &&
	       (answer[0] == 'y' || answer[0] == 'Y');
}

static int edit_copy(struct corbel *c, const char *path)
{
	int ret;

	do {
		ret = run_editor(path);
		if (ret != EXIT_OK) {
			return ret;
		}
		ret = define(c, path);
	} while (ret != EXIT_OK && wants_another_try());
	return ret;
}

int cmd_xml_edit(struct corbel *c, const struct arguments *a)
{
	char path[] = "/tmp/corbel-XXXXXX.xml";
	char *text;
	int ret;

	if (corbel_definition_xml(c, a->operand[0], &text) != 0) {
		return report_failure(c);
	}
	if (write_copy(text, path) != 0) {
		ret = report_errno(path, "write");
	} else {
		ret = edit_copy(c, path);
	}
	unlink(path);
	free(text);
	return ret;
}

/* ---- listing ---- */

static bool runs(struct corbel *c, const struct corbel_definition *d)
{
	uint32_t domid;

	return corbel_find(c, d->name, &domid) == 0;
}

static int list_json(struct corbel *c, const struct corbel_definition *list,
		     size_t count)
{
	struct json *const j = json_start();

	if (j == NULL) {
		return report_errno("output", "JSON");
	}
	json_list(j, NULL);
	for (size_t i = 0; i < count; i++) {
		const struct corbel_definition *const d = &list[i];

		json_object(j, NULL);
		json_text(j, "name", d->name);
		json_bool(j, "autostart", d->autostart);
		json_bool(j, "running", runs(c, d));
		if (d->problem[0] != '\0') {
			json_text(j, "problem", d->problem);
		} else {
			describe_uuid(j, d->uuid);
			json_text(j, "type", d->hvm ? "hvm" : "pvh");
			json_number(j, "vcpus", d->vcpus);
			json_number(j, "memory_kib", d->memory_kib);
		}
		json_object_end(j);
	}
	json_list_end(j);
	return json_print(j);
}

static int list_text(struct corbel *c, const struct corbel_definition *list,
		     size_t count)
{
	printf("%-24s %-4s %5s %9s  %-9s %s\n", "NAME", "TYPE", "VCPUS",
	       "MEM (MiB)", "AUTOSTART", "RUNNING");
	for (size_t i = 0; i < count; i++) {
		const struct corbel_definition *const d = &list[i];

		if (d->problem[0] != '\0') {
			printf("%-24s %s\n", d->name, d->problem);
			continue;
		}
		printf("%-24s %-4s %5u %9" PRIu64 "  %-9s %s\n", d->name,
		       d->hvm ? "hvm" : "pvh", d->vcpus, d->memory_kib / 1024,
		       d->autostart ? "yes" : "no", runs(c, d) ? "yes" : "no");
	}
	return EXIT_OK;
}

int cmd_xml_list(struct corbel *c, const struct arguments *a)
{
	struct corbel_definition *list;
	size_t count;
	int ret;

	if (corbel_definitions(c, &list, &count) != 0) {
		return report_failure(c);
	}
	ret = a->given[OPTION_JSON] ? list_json(c, list, count)
				    : list_text(c, list, count);
	free(list);
	return ret;
}
