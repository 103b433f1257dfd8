/* SPDX-License-Identifier: MIT */
/*
 * A subcommand: a row in commands.c, and a function in one of the cmd_*.c.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libctl/corbel.h"

enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

/* All options of all commands; which of them a command has, its row says. */
enum option_id {
	OPTION_JSON,
	OPTION_PAUSED,
	OPTION_CONSOLE,
	OPTION_WAIT,
	OPTION_CLEAR,
	OPTION_WEIGHT,
	OPTION_CAP,
	OPTION_NO_CAP,
	OPTION_BATCH,
	OPTION_DELAY,
	OPTION_TIMES,
	OPTION_TIMEOUT,
	OPTION_READONLY,
	OPTION_FORMAT,
	OPTION_XML,
	OPTION_ALL,
	OPTION_DISABLE,
	OPTION_PORT,
	OPTION_STDIO,
	OPTION_LIVE,
	OPTION_CRASH,
	OPTION_DOMAIN,
	OPTION_QUIET,
	OPTION_DRY_RUN,
	OPTION_POOL,
	OPTION_LONG,
	OPTION_VERBOSE,
	OPTION_CPUPOOL,
	OPTION_CPUS,
	OPTION_NUMA,
	OPTION_EVERY,
	OPTION_DEFCONFIG,
	OPTION_EVENT,
	OPTION_CPU,
	OPTION_DURATION,
	OPTION_OUTPUT,
	OPTION_SUMMARY,
	OPTION_COUNT,
};

#define HAS(id)      (UINT64_C(1) << (id))
#define OPERANDS_MAX 3

struct arguments {
	bool given[OPTION_COUNT];
	uint64_t number[OPTION_COUNT];  /* of those given that have one */
	const char *text[OPTION_COUNT]; /* of those given that have one */
	const char *operand[OPERANDS_MAX + 1]; /* NULL where there is none */
	const char *const
		*rest; /* those behind, where "..." ends the operands */
};

struct command {
	const char *name; /* a word or two */
	/* "GUEST", "GUEST NAME", "[COMMAND]", "FILE ...", or NULL */
	const char *operands;
	uint64_t options;    /* HAS() of each */
	const char *summary; /* one line */
	/* For commands that need no host, `c` may be a handle to none. */
	int (*run)(struct corbel *c, const struct arguments *a);
	bool needs_host;
};

/* A row that is no command: the help text has `text` over those that follow. */
#define HEADING(text)                                                          \
	{                                                                      \
		"", NULL, 0, text, NULL, false                                 \
	}

/* What it was called as: corbel, or xl. */
#define PROGRAM program_invocation_short_name

/* ---- commands.c ---- */

/* In the order of the help text; the last has no name. */
extern const struct command commands[];

/* ---- command.c ---- */

const struct command *command_find(const char *name);
/* The same for the first word of `words`, or the first two: "xml define"; a NULL
 * ends them. Tells in `*count` how many. */
const struct command *command_of(const char *const *words, int *count);

/* ---- similar.c ---- */

/* The command that a word which is none is nearest to; NULL if it is near none. */
const char *command_similar(const char *word);

/* ---- options.c ---- */

/* What came out of the command line. Anything but OPTIONS_RUN is the end: it
 * has been said why. */
enum options_result {
	OPTIONS_RUN,
	OPTIONS_HELP, /* --help: the text is on stdout */
	OPTIONS_BAD,
};

/* argv[0] is the command's name. */
enum options_result options_parse(const struct command *command, int argc,
				  char **argv, struct arguments *a);
/* Decimal digits only, up to `max`. */
bool options_number(const char *text, uint64_t max, uint64_t *value);
/* Only the operands, of a line that may be wrong or not whole yet. */
void options_skip(const struct command *command, int argc, char **argv,
		  struct arguments *a);
/* Prints the long names of a command's options, one a line. */
void options_list(const struct command *command);
void options_help(const struct command *command);
void options_help_all(void);

/* ---- complete.c ---- */

/* Prints what could stand in the place of the last of these words, which are
 * those behind "corbel"; changes argv. */
int complete(int argc, char **argv);

/* ---- report.c ---- */

/* "corbel: OBJECT: TEXT" on stderr. Returns EXIT_FAILED. */
int report_failure(const struct corbel *c);
/* The same for what failed here; errno's meaning comes behind. */
int report_errno(const char *object, const char *what);
int report_text(const char *object, const char *text);

/* "corbel: OBJECT: TEXT" for an argument that says nothing. Returns EXIT_USAGE. */
int report_usage(const char *object, const char *text);

/* Shows the progress of long calls if stderr is a terminal. */
void report_progress(struct corbel *c);
/* Removes what is shown. */
void report_progress_end(void);

/* ---- signals.c ---- */

/* SIGHUP, SIGINT and SIGTERM wait until they are released. */
void signals_hold(void);
void signals_release(void);
/* Holds them, too: a file that is readable when one waits. -1 if there is none: then
 * it has said why, and nothing is held. */
int signals_take(void);
void signals_give_back(int file);

/* ---- cmd_*.c ---- */

int cmd_convert(struct corbel *c, const struct arguments *a);
/* Makes the guest as `a` says; the configuration is freed. */
int create_guest(struct corbel *c, struct corbel_config *config,
		 const struct arguments *a);
int cmd_create(struct corbel *c, const struct arguments *a);
int cmd_start(struct corbel *c, const struct arguments *a);
int cmd_autostart(struct corbel *c, const struct arguments *a);
int cmd_xml_define(struct corbel *c, const struct arguments *a);
int cmd_xml_dumpxml(struct corbel *c, const struct arguments *a);
int cmd_xml_edit(struct corbel *c, const struct arguments *a);
int cmd_xml_list(struct corbel *c, const struct arguments *a);
int cmd_xml_undefine(struct corbel *c, const struct arguments *a);
int cmd_list(struct corbel *c, const struct arguments *a);
int cmd_events(struct corbel *c, const struct arguments *a);
int cmd_history(struct corbel *c, const struct arguments *a);
int cmd_info(struct corbel *c, const struct arguments *a);
int cmd_console(struct corbel *c, const struct arguments *a);
int cmd_pause(struct corbel *c, const struct arguments *a);
int cmd_unpause(struct corbel *c, const struct arguments *a);
int cmd_shutdown(struct corbel *c, const struct arguments *a);
int cmd_suspend(struct corbel *c, const struct arguments *a);
int cmd_resume(struct corbel *c, const struct arguments *a);
int cmd_reboot(struct corbel *c, const struct arguments *a);
int cmd_destroy(struct corbel *c, const struct arguments *a);
int cmd_rename(struct corbel *c, const struct arguments *a);
int cmd_mem_set(struct corbel *c, const struct arguments *a);
int cmd_mem_max(struct corbel *c, const struct arguments *a);
int cmd_sysrq(struct corbel *c, const struct arguments *a);
int cmd_vcpu_list(struct corbel *c, const struct arguments *a);
int cmd_vcpu_pin(struct corbel *c, const struct arguments *a);
int cmd_vcpu_set(struct corbel *c, const struct arguments *a);
int cmd_disk_list(struct corbel *c, const struct arguments *a);
int cmd_disk_attach(struct corbel *c, const struct arguments *a);
int cmd_disk_detach(struct corbel *c, const struct arguments *a);
int cmd_cdrom_insert(struct corbel *c, const struct arguments *a);
int cmd_cdrom_eject(struct corbel *c, const struct arguments *a);
int cmd_nic_list(struct corbel *c, const struct arguments *a);
int cmd_nic_attach(struct corbel *c, const struct arguments *a);
int cmd_nic_detach(struct corbel *c, const struct arguments *a);
int cmd_cpupool_list(struct corbel *c, const struct arguments *a);
int cmd_cpupool_create(struct corbel *c, const struct arguments *a);
int cmd_cpupool_destroy(struct corbel *c, const struct arguments *a);
int cmd_cpupool_rename(struct corbel *c, const struct arguments *a);
int cmd_cpupool_add(struct corbel *c, const struct arguments *a);
int cmd_cpupool_remove(struct corbel *c, const struct arguments *a);
int cmd_cpupool_migrate(struct corbel *c, const struct arguments *a);
int cmd_top(struct corbel *c, const struct arguments *a);
int cmd_sched(struct corbel *c, const struct arguments *a);
int cmd_domid(struct corbel *c, const struct arguments *a);
int cmd_domname(struct corbel *c, const struct arguments *a);
int cmd_debug_keys(struct corbel *c, const struct arguments *a);
int cmd_dump(struct corbel *c, const struct arguments *a);
int cmd_gdb(struct corbel *c, const struct arguments *a);
int cmd_trace(struct corbel *c, const struct arguments *a);
int cmd_trigger(struct corbel *c, const struct arguments *a);
int cmd_dmesg(struct corbel *c, const struct arguments *a);
int cmd_host(struct corbel *c, const struct arguments *a);
int cmd_version(struct corbel *c, const struct arguments *a);
int cmd_help(struct corbel *c, const struct arguments *a);

/* Stays on the guest's console until Ctrl-] or its end. */
int console_attach(struct corbel *c, uint32_t domid);
