/* SPDX-License-Identifier: MIT */
/*
 * Command lines against the tables of commands and options, and help texts
 * from the same tables.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/command.h"

struct option_row {
	char letter; /* 0 if there is none */
	const char *name;
	const char *value;  /* "SECONDS"; or NULL */
	uint64_t max;       /* of a number, the least is 1; 0: it is a text */
	uint64_t otherwise; /* if it is left out; 0: it must be there */
	const char *help;
};

/* clang-format off */
static const struct option_row rows[OPTION_COUNT] = {
	[OPTION_JSON]    = { 0,   "json",    NULL, 0, 0, "print JSON" },
	[OPTION_PAUSED]  = { 'p', "paused",  NULL, 0, 0,
			     "leave it paused; unpause starts it" },
	[OPTION_CONSOLE] = { 'c', "console", NULL, 0, 0,
			     "attach to its console" },
	[OPTION_WAIT]    = { 'w', "wait",    "SECONDS", 1000000, 300,
			     "come back when it has stopped [300]" },
	[OPTION_CLEAR]   = { 'c', "clear",   NULL, 0, 0,
			     "forget the log after printing it" },
	[OPTION_WEIGHT]  = { 'w', "weight",  "NUMBER", UINT16_MAX, 0,
			     "its share of the pCPUs; new guests have 256" },
	[OPTION_CAP]     = { 'c', "cap",     "PERCENT", UINT16_MAX, 0,
			     "of one pCPU that it may use" },
	[OPTION_NO_CAP]  = { 0,   "no-cap",  NULL, 0, 0,
			     "let it use all that is idle" },
	[OPTION_ALL]     = { 'a', "all",     NULL, 0, 0,
			     "with defined guests that do not run" },
	[OPTION_DISABLE] = { 0,   "disable", NULL, 0, 0,
			     "no more" },
	[OPTION_XML]     = { 0,   "xml",     NULL, 0, 0,
			     "print the description it was made from" },
	[OPTION_BATCH]   = { 'b', "batch",   NULL, 0, 0,
			     "as lines of text, without a screen" },
	[OPTION_DELAY]   = { 'd', "delay",   "SECONDS", 86400, 0,
			     "time from one table to the next [3]" },
	[OPTION_TIMES]   = { 'n', "times",   "NUMBER", UINT32_MAX, 0,
			     "how many tables; else it goes on" },
	[OPTION_TIMEOUT] = { 't', "timeout", "SECONDS", 86400, 0,
			     "for the guest to do it [10; suspend: 60]" },
	[OPTION_READONLY] = { 'r', "readonly", NULL, 0, 0,
			     "the guest may not write to it" },
	[OPTION_FORMAT]  = { 'f', "format",  "FORMAT", 0, 0,
			     "of the image: raw or qcow2 [raw]" },
	[OPTION_PORT]    = { 'p', "port",    "NUMBER", UINT16_MAX, 0,
			     "of this machine where gdb connects [9999]" },
	[OPTION_LIVE]    = { 0,   "live",    NULL, 0, 0,
			     "let the guest go on meanwhile" },
	[OPTION_CRASH]   = { 0,   "crash",   NULL, 0, 0,
			     "then treat it as one that has crashed" },
	[OPTION_DOMAIN]  = { 'd', "domain",  "GUEST", 0, 0,
			     "the guest that it is about" },
	[OPTION_QUIET]   = { 'q', "quiet",   NULL, 0, 0,
			     "say nothing unless it fails" },
	[OPTION_DRY_RUN] = { 'n', "dryrun",  NULL, 0, 0,
			     "print what would be made" },
	[OPTION_POOL]    = { 0,   "pool",    "POOL", 0, 0,
			     "of pCPUs where it runs" },
	[OPTION_LONG]    = { 'l', "long",    NULL, 0, 0,
			     "all that there is, as JSON" },
	[OPTION_VERBOSE] = { 'v', "verbose", NULL, 0, 0,
			     "with uuid and reason of the end" },
	[OPTION_CPUPOOL] = { 'c', "cpupool", NULL, 0, 0,
			     "with the pools of pCPUs" },
	[OPTION_CPUS]    = { 'c', "cpus",    NULL, 0, 0,
			     "list the pCPUs" },
	[OPTION_NUMA]    = { 'n', "numa",    NULL, 0, 0,
			     "with pCPUs and nodes of memory" },
	[OPTION_EVERY]   = { 'a', "all",     NULL, 0, 0,
			     "all guests" },
	[OPTION_DEFCONFIG] = { 'f', "defconfig", "FILE", 0, 0,
			     "where it is described" },
	[OPTION_STDIO]   = { 0,   "stdio",   NULL, 0, 0,
			     "talk to gdb over stdin and stdout" },
	[OPTION_EVENT]   = { 'e', "event",   "NAMES", 0, 0,
			     "only these events or groups of them" },
	[OPTION_CPU]     = { 'c', "cpu",     "CPUS", 0, 0,
			     "only on these pCPUs; 0,2-5" },
	[OPTION_DURATION] = { 'd', "duration", "SECONDS", 86400, 0,
			     "how long; else until Ctrl-C" },
	[OPTION_OUTPUT]  = { 'o', "output",  "FILE", 0, 0,
			     "write the records as Xen's xentrace does" },
	[OPTION_SUMMARY] = { 's', "summary", NULL, 0, 0,
			     "count, and tell where the time went" },
};

/* clang-format on */

static bool has(const struct command *command, unsigned int id)
{
	return (command->options & HAS(id)) != 0;
}

/* ---- help ---- */

static void print_option(const struct option_row *row)
{
	const bool optional = row->otherwise != 0;
	char text[64];

	snprintf(text, sizeof(text), "--%s%s%s%s%s", row->name,
		 optional ? "[" : "", row->value != NULL ? "=" : "",
		 row->value != NULL ? row->value : "", optional ? "]" : "");
	if (row->letter != 0) {
		printf("  -%c, %-20s %s\n", row->letter, text, row->help);
	} else {
		printf("      %-20s %s\n", text, row->help);
	}
}

void options_help(const struct command *command)
{
	printf("usage: %s %s [OPTION]...%s%s\n\n%c%s.\n", PROGRAM,
	       command->name, command->operands != NULL ? " " : "",
	       command->operands != NULL ? command->operands : "",
	       toupper((unsigned char)command->summary[0]),
	       command->summary + 1);
	if (command->operands != NULL &&
	    strstr(command->operands, "GUEST") != NULL) {
		printf("GUEST is a name or the number of a domain.\n");
	}
	printf("\n");
	for (unsigned int i = 0; i < OPTION_COUNT; i++) {
		if (has(command, i)) {
			print_option(&rows[i]);
		}
	}
	printf("  -h, %-20s %s\n", "--help", "print this text");
}

void options_help_all(void)
{
	printf("usage: %s COMMAND [OPTION]... [ARGUMENT]\n", PROGRAM);
	for (const struct command *command = commands; command->name != NULL;
	     command++) {
		char text[64];

		if (command->run == NULL) {
			printf("\n%s\n", command->summary);
			continue;
		}
		snprintf(text, sizeof(text), "%s %s", command->name,
			 command->operands != NULL ? command->operands : "");
		printf("  %-29s %s\n", text, command->summary);
	}
	printf("\nMore about one of them: %s COMMAND --help\n"
	       "Exit status: 0 done, 1 failed, 2 not understood.\n",
	       PROGRAM);
}

void options_list(const struct command *command)
{
	printf("--help\n");
	for (unsigned int i = 0; i < OPTION_COUNT; i++) {
		if (has(command, i)) {
			printf("--%s\n", rows[i].name);
		}
	}
}

/* ---- parsing ---- */

static enum options_result bad(const struct command *command,
			       const char *argument, const char *why)
{
	fprintf(stderr, "%s: %s: %s%s%s (see: %s %s --help)\n", PROGRAM,
		command->name, argument, argument[0] != '\0' ? ": " : "", why,
		PROGRAM, command->name);
	return OPTIONS_BAD;
}

bool options_number(const char *text, uint64_t max, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)text[0])) {
		return false;
	}
	errno = 0;
	*value = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *value <= max;
}

/* How getopt_long(), which has a state of its own, wants it. What it answers for a
 * row is its place behind LETTERS, for a letter that letter. */
#define LETTERS 256

struct getopt_tables {
	struct option longs[OPTION_COUNT + 2];
	char letters[3 * OPTION_COUNT + 4];
};

/* One is enough: getopt_long() has a state of its own, too. */
static struct getopt_tables tables;

static int argument_kind(const struct option_row *row)
{
	if (row->value == NULL) {
		return no_argument;
	}
	return row->otherwise != 0 ? optional_argument : required_argument;
}

static void fill_tables(const struct command *command, struct getopt_tables *t)
{
	struct option *next = t->longs;
	char *letter = t->letters;

	memset(t, 0, sizeof(*t));
	*letter++ = ':'; /* a value that lacks is told from a wrong option */
	*letter++ = 'h';
	*next++ = (struct option){ "help", no_argument, NULL, 'h' };
	for (unsigned int i = 0; i < OPTION_COUNT; i++) {
		const int kind = argument_kind(&rows[i]);

		if (!has(command, i)) {
			continue;
		}
		*next++ = (struct option){ rows[i].name, kind, NULL,
					   (int)(LETTERS + i) };
		if (rows[i].letter != 0) {
			*letter++ = rows[i].letter;
			/* One colon for a value, two if it may lack. */
			memset(letter, ':', (size_t)kind);
			letter += kind;
		}
	}
}

static unsigned int row_of(const struct command *command, int answer)
{
	unsigned int i = 0;

	if (answer >= LETTERS) {
		return (unsigned int)(answer - LETTERS);
	}
	while (!has(command, i) || rows[i].letter != answer) {
		i++;
	}
	return i;
}

static enum options_result take(const struct command *command, int answer,
				struct arguments *a)
{
	const unsigned int i = row_of(command, answer);
	uint64_t *const number = &a->number[i];

	a->given[i] = true;
	*number = rows[i].otherwise;
	a->text[i] = optarg;
	if (optarg != NULL && rows[i].max != 0 &&
	    (!options_number(optarg, rows[i].max, number) || *number == 0)) {
		return bad(command, optarg, "not a number that fits here");
	}
	return OPTIONS_RUN;
}

/* getopt_long() leaves in `optopt` the letter, or the row that has no value. */
static enum options_result refuse(const struct command *command, int answer,
				  const char *argument)
{
	const char letter[] = { '-', (char)optopt, '\0' };

	if (optopt > 0 && optopt < LETTERS) {
		argument = letter;
	}
	if (answer == ':') {
		return bad(command, argument, "its value is missing");
	}
	return bad(command, argument,
		   optopt < LETTERS ? "no such option"
				    : "this option has no value");
}

static enum options_result take_option(const struct command *command,
				       int answer, const char *argument,
				       struct arguments *a)
{
	switch (answer) {
	case 'h':
		options_help(command);
		return OPTIONS_HELP;
	case ':':
	case '?':
		return refuse(command, answer, argument);
	default:
		return take(command, answer, a);
	}
}

/* As many words as the table's text has; those in brackets may lack, and behind
 * "..." there may be any. */
static enum options_result take_operands(const struct command *command,
					 char **words, struct arguments *a)
{
	const char *want = command->operands != NULL ? command->operands : "";
	unsigned int count = 0;

	while (want[0] != '\0' && want[0] != '.' && words[count] != NULL) {
		a->operand[count] = words[count];
		count++;
		want += strcspn(want, " ");
		want += strspn(want, " ");
	}
	a->rest = (const char *const *)words + count;
	if (words[count] != NULL && want[0] != '.') {
		return bad(command, words[count], "one argument too many");
	}
	if (want[0] != '\0' && want[0] != '[' && want[0] != '.') {
		return bad(command, want, "is missing");
	}
	return OPTIONS_RUN;
}

enum options_result options_parse(const struct command *command, int argc,
				  char **argv, struct arguments *a)
{
	enum options_result result;
	int answer;

	*a = (struct arguments){ 0 };
	fill_tables(command, &tables);
	opterr = 0;
	optind = 0; /* begins anew; it sorts the operands behind the options */
	while ((answer = getopt_long(argc, argv, tables.letters, tables.longs,
				     NULL)) != -1) {
		result = take_option(command, answer, argv[optind - 1], a);
		if (result != OPTIONS_RUN) {
			return result;
		}
	}
	return take_operands(command, argv + optind, a);
}

void options_skip(const struct command *command, int argc, char **argv,
		  struct arguments *a)
{
	*a = (struct arguments){ 0 };
	fill_tables(command, &tables);
	opterr = 0;
	optind = 0;
	while (getopt_long(argc, argv, tables.letters, tables.longs, NULL) !=
	       -1) {
	}
	for (int i = 0; i < OPERANDS_MAX && argv[optind + i] != NULL; i++) {
		a->operand[i] = argv[optind + i];
	}
}
