/* SPDX-License-Identifier: MIT */
/*
 * Command lines against the tables of commands and options, and help texts
 * from the same tables.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/command.h"

#define WAIT_SECONDS 300

struct option_row {
	char letter; /* 0 if there is none */
	const char *name;
	const char *value; /* "SECONDS", which may be left out; or NULL */
	const char *help;
};

/* clang-format off */
static const struct option_row rows[OPTION_COUNT] = {
	[OPTION_JSON]    = { 0,   "json",    NULL, "print JSON" },
	[OPTION_PAUSED]  = { 'p', "paused",  NULL,
			     "leave it paused; unpause starts it" },
	[OPTION_CONSOLE] = { 'c', "console", NULL,
			     "attach to its console" },
	[OPTION_WAIT]    = { 'w', "wait",    "SECONDS",
			     "come back when it has stopped [300]" },
	[OPTION_CLEAR]   = { 'c', "clear",   NULL,
			     "forget the log after printing it" },
};

/* clang-format on */

/* ---- help ---- */

static void print_option(const struct option_row *row)
{
	char text[64];

	snprintf(text, sizeof(text), "--%s%s%s%s", row->name,
		 row->value != NULL ? "[=" : "",
		 row->value != NULL ? row->value : "",
		 row->value != NULL ? "]" : "");
	if (row->letter != 0) {
		printf("  -%c, %-20s %s\n", row->letter, text, row->help);
	} else {
		printf("      %-20s %s\n", text, row->help);
	}
}

void options_help(const struct command *command)
{
	printf("usage: corbel %s [OPTION]...%s%s\n\n%c%s.\n", command->name,
	       command->operand != NULL ? " " : "",
	       command->operand != NULL ? command->operand : "",
	       toupper((unsigned char)command->summary[0]),
	       command->summary + 1);
	if (command->operand != NULL &&
	    strcmp(command->operand, "GUEST") == 0) {
		printf("GUEST is a name or the number of a domain.\n");
	}
	printf("\n");
	for (unsigned int i = 0; i < OPTION_COUNT; i++) {
		if ((command->options & HAS(i)) != 0) {
			print_option(&rows[i]);
		}
	}
	printf("  -h, %-20s %s\n", "--help", "print this text");
}

void options_help_all(void)
{
	printf("usage: corbel COMMAND [OPTION]... [ARGUMENT]\n\n");
	for (const struct command *command = commands; command->name != NULL;
	     command++) {
		char text[32];

		snprintf(text, sizeof(text), "%s %s", command->name,
			 command->operand != NULL ? command->operand : "");
		printf("  %-18s %s\n", text, command->summary);
	}
	printf("\nMore about one of them: corbel COMMAND --help\n"
	       "Exit status: 0 done, 1 failed, 2 not understood.\n");
}

/* ---- parsing ---- */

static enum options_result bad(const struct command *command,
			       const char *argument, const char *why)
{
	fprintf(stderr, "corbel: %s: %s%s%s (see: corbel %s --help)\n",
		command->name, argument, argument[0] != '\0' ? ": " : "", why,
		command->name);
	return OPTIONS_BAD;
}

static bool parse_seconds(const char *text, unsigned int *seconds)
{
	char *end;
	unsigned long value;

	if (!isdigit((unsigned char)text[0])) {
		return false;
	}
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || value == 0 || value > 1000000) {
		return false;
	}
	*seconds = (unsigned int)value;
	return true;
}

/* "name" or "name=value", behind the dashes. */
static enum options_result parse_long(const struct command *command,
				      const char *argument, struct arguments *a)
{
	const char *const text = argument + 2;
	const size_t length = strcspn(text, "=");
	const char *const value =
		text[length] == '=' ? text + length + 1 : NULL;
	unsigned int i = 0;

	while (i < OPTION_COUNT && ((command->options & HAS(i)) == 0 ||
				    strlen(rows[i].name) != length ||
				    memcmp(rows[i].name, text, length) != 0)) {
		i++;
	}
	if (i == OPTION_COUNT) {
		return bad(command, argument, "no such option");
	}
	if (value != NULL && rows[i].value == NULL) {
		return bad(command, argument, "this option has no value");
	}
	if (value != NULL && !parse_seconds(value, &a->wait_seconds)) {
		return bad(command, argument, "not a number of seconds");
	}
	a->given[i] = true;
	return OPTIONS_RUN;
}

static enum options_result parse_letters(const struct command *command,
					 const char *argument,
					 struct arguments *a)
{
	for (const char *letter = argument + 1; *letter != '\0'; letter++) {
		unsigned int i = 0;

		while (i < OPTION_COUNT && ((command->options & HAS(i)) == 0 ||
					    rows[i].letter != *letter)) {
			i++;
		}
		if (i == OPTION_COUNT) {
			return bad(command, argument, "no such option");
		}
		a->given[i] = true;
	}
	return OPTIONS_RUN;
}

static enum options_result parse_operand(const struct command *command,
					 const char *argument,
					 struct arguments *a)
{
	if (command->operand == NULL || a->what != NULL) {
		return bad(command, argument, "one argument too many");
	}
	a->what = argument;
	return OPTIONS_RUN;
}

static enum options_result parse_one(const struct command *command,
				     const char *argument, struct arguments *a)
{
	if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
		options_help(command);
		return OPTIONS_HELP;
	}
	if (strncmp(argument, "--", 2) == 0) {
		return parse_long(command, argument, a);
	}
	if (argument[0] == '-' && argument[1] != '\0') {
		return parse_letters(command, argument, a);
	}
	return parse_operand(command, argument, a);
}

enum options_result options_parse(const struct command *command, int argc,
				  char **argv, struct arguments *a)
{
	enum options_result result;
	bool operands_only = false;

	*a = (struct arguments){ .wait_seconds = WAIT_SECONDS };
	for (int i = 1; i < argc; i++) {
		if (!operands_only && strcmp(argv[i], "--") == 0) {
			operands_only = true;
			continue;
		}
		result = operands_only ? parse_operand(command, argv[i], a)
				       : parse_one(command, argv[i], a);
		if (result != OPTIONS_RUN) {
			return result;
		}
	}
	if (command->operand != NULL && command->operand[0] != '[' &&
	    a->what == NULL) {
		return bad(command, command->operand, "is missing");
	}
	return OPTIONS_RUN;
}
