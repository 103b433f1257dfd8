/* SPDX-License-Identifier: MIT */
/*
 * corbel: what an administrator does with a Corbel host. See corbel(8). And xl,
 * whose table is another.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/command.h"

/* A handle to no host is one that has an error; files can be dealt with. */
static int run_with_handle(const struct command *command,
			   const struct arguments *a)
{
	struct corbel *c;
	int ret;

	if (corbel_open(&c) == 0 || !command->needs_host) {
		report_progress(c);
		ret = command->run(c, a);
		report_progress_end();
	} else {
		ret = report_failure(c);
	}
	corbel_close(c);
	return ret;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct arguments a;

	switch (options_parse(command, argc, argv, &a)) {
	case OPTIONS_HELP:
		return EXIT_OK;
	case OPTIONS_BAD:
		return EXIT_USAGE;
	case OPTIONS_RUN:
		break;
	}
	return run_with_handle(command, &a);
}

static int no_command(const char *word)
{
	const char *const similar = command_similar(word);

	if (similar != NULL) {
		fprintf(stderr, "%s: %s: no such command; %s is one\n", PROGRAM,
			word, similar);
	} else {
		fprintf(stderr, "%s: %s: no such command (see: %s help)\n",
			PROGRAM, word, PROGRAM);
	}
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	const struct command *command;
	int words, ret;

	if (argc < 2) {
		fprintf(stderr, "%s: no command (see: %s help)\n", PROGRAM,
			PROGRAM);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		options_help_all();
		return EXIT_OK;
	}
	if (strcmp(argv[1], "--complete") == 0) {
		return complete(argc - 2, argv + 2);
	}
	if (strcmp(argv[1], "--version") == 0) {
		argv[1] += 2;
	}
	command = command_of((const char *const *)argv + 1, &words);
	if (command == NULL) {
		return no_command(argv[1]);
	}
	ret = run(command, argc - words, argv + words);
	if (fflush(stdout) != 0 && ret == EXIT_OK) {
		ret = report_errno("output", "write");
	}
	return ret;
}
