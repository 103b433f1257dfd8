/* SPDX-License-Identifier: MIT */
#include "lib/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool debug;
static uint32_t cpus;
static uint64_t memory;
static uint32_t level;

static const struct option table[] = {
	OPTION_FLAG("debug", &debug, "say more"),
	OPTION_UINT("maxcpus", &cpus, 1, 256, "pCPUs to use"),
	OPTION_SIZE("svcvm_mem", &memory, MIB(64), GIB(512), "its memory"),
	OPTION_ENUM("log", &level, "error|warning|info", "least level"),
};

static char said[4096];

static void say(const char *fmt, ...)
{
	const size_t used = strlen(said);
	va_list args;

	va_start(args, fmt);
	vsnprintf(said + used, sizeof(said) - used, fmt, args);
	va_end(args);
	strncat(said, "\n", sizeof(said) - strlen(said) - 1);
}

static const char *parse(const char *line)
{
	said[0] = '\0';
	return options_parse(table, ARRAY_SIZE(table), line, say);
}

static int set_defaults(void **state)
{
	(void)state;
	debug = false;
	cpus = 4;
	memory = MIB(512);
	level = 2;
	return 0;
}

static void test_values(void **state)
{
	(void)state;
	assert_null(parse(" debug maxcpus=0x10\tsvcvm_mem=2G "
			  "log=error"));
	assert_string_equal(said, "");
	assert_true(debug);
	assert_int_equal(cpus, 16);
	assert_int_equal(memory, GIB(2));
	assert_int_equal(level, 0);
}

static void test_flags(void **state)
{
	(void)state;
	parse("debug=on");
	assert_true(debug);
	parse("no-debug");
	assert_false(debug);
	parse("debug debug=off");
	assert_false(debug);
	assert_string_equal(said, "");
	parse("debug=perhaps");
	assert_non_null(strstr(said, "debug=perhaps"));
}

static void test_sizes(void **state)
{
	(void)state;
	parse("svcvm_mem=134217728");
	assert_int_equal(memory, MIB(128));
	parse("svcvm_mem=65536k");
	assert_int_equal(memory, MIB(64));
	parse("svcvm_mem=0x80M");
	assert_int_equal(memory, MIB(128));
	assert_string_equal(said, "");
}

/* Wrong values leave the default and are named with what is wanted. */
static void test_wrong_values(void **state)
{
	static const char *const words[] = {
		"maxcpus=0",
		"maxcpus=257",
		"maxcpus=",
		"maxcpus",
		"maxcpus=4x",
		"maxcpus=-1",
		"maxcpus=0x",
		"svcvm_mem=1M",
		"svcvm_mem=512MB",
		"svcvm_mem=G",
		"svcvm_mem=1T",
		"svcvm_mem=17179869185G",
		"svcvm_mem=18446744073709551616",
		"log=loud",
		"log",
		"log=",
		"log=errors",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		set_defaults(state);
		parse(words[i]);
		assert_non_null(strstr(said, words[i]));
		assert_null(strstr(said, "known options"));
		assert_int_equal(cpus, 4);
		assert_int_equal(memory, MIB(512));
		assert_int_equal(level, 2);
	}
	assert_non_null(strstr(said, "log=error|warning|info"));
}

/* Unknown words are named, the table is listed once, the rest is obeyed. */
static void test_unknown(void **state)
{
	const char *list;

	(void)state;
	parse("maxcpu=2 no-log maxcpus=2 deb");
	assert_int_equal(cpus, 2);
	assert_non_null(strstr(said, "option maxcpu=2: unknown"));
	assert_non_null(strstr(said, "option no-log: unknown"));
	assert_non_null(strstr(said, "option deb: unknown"));
	list = strstr(said, "known options:");
	assert_non_null(list);
	assert_null(strstr(list + 1, "known options:"));
	assert_non_null(strstr(list, "maxcpus=1..256"));
	assert_non_null(strstr(list, "its memory"));
}

static void test_rest(void **state)
{
	(void)state;
	assert_string_equal(parse("debug -- root=/dev/sda debug=off"),
			    "root=/dev/sda debug=off");
	assert_true(debug);
	assert_string_equal(said, "");
	assert_string_equal(parse("--"), "");
	assert_string_equal(parse("-- "), "");
	assert_null(parse(""));
	assert_null(parse("--debug"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_values, set_defaults),
		cmocka_unit_test_setup(test_flags, set_defaults),
		cmocka_unit_test_setup(test_sizes, set_defaults),
		cmocka_unit_test_setup(test_wrong_values, set_defaults),
		cmocka_unit_test_setup(test_unknown, set_defaults),
		cmocka_unit_test_setup(test_rest, set_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
