/* SPDX-License-Identifier: MIT */
/*
 * corbel host, dmesg, version, help.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "toolstack/command.h"
#include "toolstack/describe.h"

static int host_json(const struct corbel_host *host)
{
	struct json *const j = json_start();

	if (j == NULL) {
		return report_errno("output", "JSON");
	}
	describe_host(j, host);
	return json_print(j);
}

int cmd_host(struct corbel *c, const struct arguments *a)
{
	struct corbel_host host;

	if (corbel_host(c, &host) != 0) {
		return report_failure(c);
	}
	if (a->given[OPTION_JSON]) {
		return host_json(&host);
	}
	printf("hypervisor   %s\n", host.version);
	printf("pCPUs        %u at %.3f GHz\n", host.cpus,
	       (double)host.cpu_khz / 1e6);
	printf("memory       %" PRIu64 " MiB\n", host.memory_kib / 1024);
	printf("free memory  %" PRIu64 " MiB\n", host.memory_free_kib / 1024);
	return EXIT_OK;
}

int cmd_dmesg(struct corbel *c, const struct arguments *a)
{
	char *text;

	if (corbel_dmesg(c, a->given[OPTION_CLEAR], &text) != 0) {
		return report_failure(c);
	}
	fputs(text, stdout);
	free(text);
	return EXIT_OK;
}

int cmd_debug_keys(struct corbel *c, const struct arguments *a)
{
	return corbel_debug_keys(c, a->operand[0]) == 0 ? EXIT_OK
							: report_failure(c);
}

static int version_json(const char *hypervisor)
{
	struct json *const j = json_start();

	if (j == NULL) {
		return report_errno("output", "JSON");
	}
	json_object(j, NULL);
	json_text(j, "corbel", corbel_library_version());
	if (hypervisor != NULL) {
		json_text(j, "hypervisor", hypervisor);
	}
	json_object_end(j);
	return json_print(j);
}

/* Of use on any machine; there just may be no hypervisor. */
int cmd_version(struct corbel *none, const struct arguments *a)
{
	struct corbel_host host;
	struct corbel *c;
	const bool has_host =
		corbel_open(&c) == 0 && corbel_host(c, &host) == 0;

	(void)none;
	corbel_close(c);
	if (a->given[OPTION_JSON]) {
		return version_json(has_host ? host.version : NULL);
	}
	printf("corbel       %s\n", corbel_library_version());
	printf("hypervisor   %s\n", has_host ? host.version : "not here");
	return EXIT_OK;
}

int cmd_help(struct corbel *c, const struct arguments *a)
{
	const struct command *command;
	int words;

	(void)c;
	if (a->operand[0] == NULL) {
		options_help_all();
		return EXIT_OK;
	}
	command = command_of(a->operand, &words);
	if (command == NULL) {
		return report_usage(a->operand[0], "no such command");
	}
	options_help(command);
	return EXIT_OK;
}
