/* SPDX-License-Identifier: MIT */
#include "toolstack/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The commands themselves are not run. */
#define NOT_RUN(name)                                                          \
	int name(struct corbel *c, const struct arguments *a)                  \
	{                                                                      \
		(void)c;                                                       \
		(void)a;                                                       \
		fail_msg("%s was run", #name);                                 \
		return EXIT_FAILED;                                            \
	}

NOT_RUN(cmd_convert)
NOT_RUN(cmd_create)
NOT_RUN(cmd_start)
NOT_RUN(cmd_autostart)
NOT_RUN(cmd_xml_define)
NOT_RUN(cmd_xml_dumpxml)
NOT_RUN(cmd_xml_edit)
NOT_RUN(cmd_xml_list)
NOT_RUN(cmd_xml_undefine)
NOT_RUN(cmd_list)
NOT_RUN(cmd_events)
NOT_RUN(cmd_history)
NOT_RUN(cmd_info)
NOT_RUN(cmd_console)
NOT_RUN(cmd_pause)
NOT_RUN(cmd_unpause)
NOT_RUN(cmd_shutdown)
NOT_RUN(cmd_reboot)
NOT_RUN(cmd_suspend)
NOT_RUN(cmd_resume)
NOT_RUN(cmd_dump)
NOT_RUN(cmd_gdb)
NOT_RUN(cmd_trace)
NOT_RUN(cmd_trigger)
NOT_RUN(cmd_destroy)
NOT_RUN(cmd_rename)
NOT_RUN(cmd_mem_set)
NOT_RUN(cmd_mem_max)
NOT_RUN(cmd_sysrq)
NOT_RUN(cmd_vcpu_list)
NOT_RUN(cmd_vcpu_pin)
NOT_RUN(cmd_vcpu_set)
NOT_RUN(cmd_sched)
NOT_RUN(cmd_disk_list)
NOT_RUN(cmd_disk_attach)
NOT_RUN(cmd_disk_detach)
NOT_RUN(cmd_cdrom_insert)
NOT_RUN(cmd_cdrom_eject)
NOT_RUN(cmd_nic_list)
NOT_RUN(cmd_nic_attach)
NOT_RUN(cmd_nic_detach)
NOT_RUN(cmd_top)
NOT_RUN(cmd_cpupool_list)
NOT_RUN(cmd_cpupool_create)
NOT_RUN(cmd_cpupool_destroy)
NOT_RUN(cmd_cpupool_rename)
NOT_RUN(cmd_cpupool_add)
NOT_RUN(cmd_cpupool_remove)
NOT_RUN(cmd_cpupool_migrate)
NOT_RUN(cmd_domid)
NOT_RUN(cmd_domname)
NOT_RUN(cmd_debug_keys)
NOT_RUN(cmd_dmesg)
NOT_RUN(cmd_host)
NOT_RUN(cmd_version)
NOT_RUN(cmd_help)

static struct arguments a;

#define WORDS_MAX 15

/* A line of words with blanks between them. */
static int split(const char *line, char **argv)
{
	static char words[256];
	int argc = 0;

	snprintf(words, sizeof(words), "%s", line);
	for (char *w = strtok(words, " "); w != NULL; w = strtok(NULL, " ")) {
		assert_true(argc < WORDS_MAX);
		argv[argc++] = w;
	}
	argv[argc] = NULL;
	return argc;
}

/* A command line of words with blanks between them. */
static enum options_result parse_as(const struct command *command,
				    const char *line)
{
	char *argv[WORDS_MAX + 1];
	int argc = split(line, argv), count = 0;

	if (command == NULL) {
		command = command_of((const char *const *)argv, &count);
		count--; /* its last word is where a program has its name */
	}
	assert_non_null(command);
	return options_parse(command, argc - count, argv + count, &a);
}

static enum options_result parse(const char *line)
{
	return parse_as(NULL, line);
}

static void takes_options_anywhere(void **state)
{
	(void)state;
	assert_int_equal(parse("create --paused guest.xml -c"), OPTIONS_RUN);
	assert_true(a.given[OPTION_PAUSED]);
	assert_true(a.given[OPTION_CONSOLE]);
	assert_string_equal(a.operand[0], "guest.xml");
	assert_int_equal(parse("create -pc guest.xml"), OPTIONS_RUN);
	assert_true(a.given[OPTION_PAUSED]);
	assert_true(a.given[OPTION_CONSOLE]);
	assert_int_equal(parse("list"), OPTIONS_RUN);
	assert_false(a.given[OPTION_JSON]);
	assert_int_equal(parse("create -- --odd.xml"), OPTIONS_RUN);
	assert_string_equal(a.operand[0], "--odd.xml");
}

static void takes_commands_of_two_words(void **state)
{
	static const char *const words[] = { "xml", "list", NULL };
	int count;

	(void)state;
	assert_int_equal(parse("xml define guest.xml"), OPTIONS_RUN);
	assert_string_equal(a.operand[0], "guest.xml");
	assert_int_equal(parse("xml list --json"), OPTIONS_RUN);
	assert_true(a.given[OPTION_JSON]);
	assert_int_equal(parse("xml define"), OPTIONS_BAD);
	assert_int_equal(parse("xml define --json guest.xml"), OPTIONS_BAD);
	assert_ptr_equal(command_of(words, &count), command_find("xml list"));
	assert_int_equal(count, 2);
	assert_ptr_equal(command_of(words + 1, &count), command_find("list"));
	assert_int_equal(count, 1);
	assert_null(command_of((const char *const[]){ "xml", NULL }, &count));
}

static void takes_seconds(void **state)
{
	(void)state;
	assert_int_equal(parse("shutdown --wait web1"), OPTIONS_RUN);
	assert_true(a.given[OPTION_WAIT]);
	assert_int_equal(a.number[OPTION_WAIT], 300);
	assert_int_equal(parse("shutdown --wait=20 web1"), OPTIONS_RUN);
	assert_int_equal(a.number[OPTION_WAIT], 20);
	assert_int_equal(parse("shutdown --wait=0 web1"), OPTIONS_BAD);
	assert_int_equal(parse("shutdown --wait= web1"), OPTIONS_BAD);
	assert_int_equal(parse("shutdown --wait=-5 web1"), OPTIONS_BAD);
	assert_int_equal(parse("shutdown --wait=5s web1"), OPTIONS_BAD);
}

static void refuses_what_is_not_the_commands(void **state)
{
	static const char *const lines[] = {
		"list web1",       "info",
		"info web1 web2",  "pause --json web1",
		"create -j g.xml", "list --none",
		"list --json=1",   "dmesg -w",
		"create --paused", "list --jsonx",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(parse(lines[i]), OPTIONS_BAD);
	}
}

static void takes_numbers_that_must_be_there(void **state)
{
	(void)state;
	assert_int_equal(parse("sched --weight 512 web1"), OPTIONS_RUN);
	assert_int_equal(a.number[OPTION_WEIGHT], 512);
	assert_int_equal(parse("sched web1 -w512 --cap=65535"), OPTIONS_RUN);
	assert_int_equal(a.number[OPTION_WEIGHT], 512);
	assert_int_equal(a.number[OPTION_CAP], 65535);
	assert_int_equal(parse("sched web1 --weight"), OPTIONS_BAD);
	assert_int_equal(parse("sched web1 --weight=0"), OPTIONS_BAD);
	assert_int_equal(parse("sched web1 --weight=65536"), OPTIONS_BAD);
	assert_int_equal(parse("sched web1 --weight=-1"), OPTIONS_BAD);
	assert_int_equal(parse("sched web1 --weight=0x10"), OPTIONS_BAD);
}

static void takes_as_many_operands_as_there_are(void **state)
{
	(void)state;
	assert_int_equal(parse("vcpu-pin web1 0 2-3"), OPTIONS_RUN);
	assert_string_equal(a.operand[0], "web1");
	assert_string_equal(a.operand[1], "0");
	assert_string_equal(a.operand[2], "2-3");
	assert_null(a.operand[3]);
	assert_int_equal(parse("vcpu-pin web1 0"), OPTIONS_BAD);
	assert_int_equal(parse("vcpu-pin web1 0 1 2"), OPTIONS_BAD);
	assert_int_equal(parse("vcpu-list"), OPTIONS_RUN);
	assert_null(a.operand[0]);
	assert_int_equal(parse("vcpu-list web1"), OPTIONS_RUN);
	assert_string_equal(a.operand[0], "web1");
	assert_int_equal(parse("vcpu-list web1 web2"), OPTIONS_BAD);
}

/* As xl's table has them. */
static void takes_the_rest(void **state)
{
	static const struct command create = { .name = "create",
					       .operands = "FILE ..." };

	(void)state;
	assert_int_equal(parse_as(&create, "create web1 a=1 b=2"), OPTIONS_RUN);
	assert_string_equal(a.operand[0], "web1");
	assert_string_equal(a.rest[0], "a=1");
	assert_string_equal(a.rest[1], "b=2");
	assert_null(a.rest[2]);
	assert_int_equal(parse_as(&create, "create web1"), OPTIONS_RUN);
	assert_null(a.rest[0]);
	assert_int_equal(parse_as(&create, "create"), OPTIONS_BAD);
}

static void takes_texts(void **state)
{
	static const struct command sched = { .name = "sched",
					      .options = HAS(OPTION_DOMAIN) |
							 HAS(OPTION_WEIGHT) };

	(void)state;
	assert_int_equal(parse_as(&sched, "sched -w 512 -d web1"), OPTIONS_RUN);
	assert_string_equal(a.text[OPTION_DOMAIN], "web1");
	assert_int_equal(a.number[OPTION_WEIGHT], 512);
	assert_int_equal(parse_as(&sched, "sched"), OPTIONS_RUN);
	assert_null(a.text[OPTION_DOMAIN]);
	assert_int_equal(parse_as(&sched, "sched -d"), OPTIONS_BAD);
}

/* The same letter is one option of one command and another of another. */
static void knows_whose_letter_it_is(void **state)
{
	(void)state;
	assert_int_equal(parse("dmesg -c"), OPTIONS_RUN);
	assert_true(a.given[OPTION_CLEAR]);
	assert_false(a.given[OPTION_CONSOLE]);
}

/* As a shell's completion meets it: not whole, or wrong. */
static void finds_operands_of_any_line(void **state)
{
	char *argv[WORDS_MAX + 1];
	int argc = split("disk-detach -t 5 --wrong web1", argv);

	(void)state;
	options_skip(command_find("disk-detach"), argc, argv, &a);
	assert_string_equal(a.operand[0], "web1");
	assert_null(a.operand[1]);
}

static void every_command_has_help(void **state)
{
	char line[64];

	(void)state;
	for (const struct command *c = commands; c->name != NULL; c++) {
		assert_non_null(c->summary);
		if (c->run == NULL) {
			assert_string_equal(c->name, ""); /* a heading */
			continue;
		}
		snprintf(line, sizeof(line), "%s --help", c->name);
		assert_int_equal(parse(line), OPTIONS_HELP);
	}
	assert_null(command_find("none"));
	assert_null(command_find(""));
}

static void words_that_are_nearly_commands(void **state)
{
	static const struct {
		const char *word, *meant;
	} rows[] = {
		{ "lst", "list" },
		{ "lsit", "list" },
		{ "destory", "destroy" },
		{ "disk-detatch", "disk-detach" },
		{ "dumpxml", "xml dumpxml" },
	};

	char longer[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_string_equal(command_similar(rows[i].word),
				    rows[i].meant);
	}
	assert_null(command_similar(""));
	assert_null(command_similar("x"));
	assert_null(command_similar("migrate"));
	memset(longer, 'l', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_null(command_similar(longer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_options_anywhere),
		cmocka_unit_test(takes_commands_of_two_words),
		cmocka_unit_test(takes_seconds),
		cmocka_unit_test(refuses_what_is_not_the_commands),
		cmocka_unit_test(takes_numbers_that_must_be_there),
		cmocka_unit_test(takes_as_many_operands_as_there_are),
		cmocka_unit_test(takes_the_rest),
		cmocka_unit_test(takes_texts),
		cmocka_unit_test(knows_whose_letter_it_is),
		cmocka_unit_test(finds_operands_of_any_line),
		cmocka_unit_test(every_command_has_help),
		cmocka_unit_test(words_that_are_nearly_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
