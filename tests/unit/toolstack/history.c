/* SPDX-License-Identifier: MIT */
/*
 * Crashes that are remembered: once each, with the console's end, and not
 * without bound.
 */
#include "toolstack/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <yajl/yajl_tree.h>

#define CRASH    3
#define WATCHDOG 4

static char folder[] = "/tmp/corbel-history-XXXXXX";
static char history[64];
static unsigned int count;
static char last_console[8192];
static char first_name[64], last_name[64];

static struct corbel_info crashed(const char *name, uint32_t domid)
{
	struct corbel_info info = {
		.domid = domid,
		.state = CORBEL_STATE_CRASHED,
		.shutdown_reason = CRASH,
		.cpu_ns = 1000000,
	};

	snprintf(info.name, sizeof(info.name), "%s", name);
	return info;
}

static void add(const char *name, uint32_t domid)
{
	const struct corbel_info info = crashed(name, domid);

	assert_true(history_add(&info));
}

static void member(yajl_val record, const char *name, char *text, size_t size)
{
	const char *path[] = { name, NULL };
	yajl_val value = yajl_tree_get(record, path, yajl_t_string);

	assert_non_null(value);
	snprintf(text, size, "%s", value->u.string);
}

static bool look_at(const char *text, void *context)
{
	yajl_val record = yajl_tree_parse(text, NULL, 0);

	(void)context;
	assert_non_null(record);
	member(record, "name", last_name, sizeof(last_name));
	member(record, "console", last_console, sizeof(last_console));
	if (count++ == 0) {
		strcpy(first_name, last_name);
	}
	yajl_tree_free(record);
	return true;
}

static unsigned int look(void)
{
	count = 0;
	assert_true(history_each(look_at, NULL));
	return count;
}

static void write_log(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.log", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void knows_a_crash(void **state)
{
	struct corbel_info info = crashed("web1", 1);

	(void)state;
	assert_true(history_is_crash(&info));
	info.state = CORBEL_STATE_SHUTDOWN;
	info.shutdown_reason = WATCHDOG;
	assert_true(history_is_crash(&info));
	info.shutdown_reason = 0;
	assert_false(history_is_crash(&info));
	info.state = CORBEL_STATE_RUNNING;
	info.shutdown_reason = 0;
	assert_false(history_is_crash(&info));
}

static void is_empty_at_first(void **state)
{
	(void)state;
	assert_int_equal(look(), 0);
}

static void notes_a_crash_once(void **state)
{
	(void)state;
	write_log("web1", "one\r\ntwo\n");
	add("web1", 7);
	add("web1", 7);
	assert_int_equal(look(), 1);
	assert_string_equal(last_name, "web1");
	assert_string_equal(last_console, "one\r\ntwo\n");
	add("web1", 8);
	assert_int_equal(look(), 2);
}

/* Whatever it printed, the record is JSON. */
static void takes_the_end_of_any_console(void **state)
{
	static char text[10000];

	(void)state;
	memset(text, '\033', sizeof(text) - 1);
	strcpy(text + sizeof(text) - 5, "end\n");
	write_log("web1", text);
	add("web1", 9);
	assert_int_equal(look(), 1);
	assert_int_equal(strlen(last_console), 4096);
	assert_string_equal(last_console + 4092, "end\n");
	write_log("web1", "caf\xc3\xa9 \xff\n");
	add("web1", 10);
	write_log("web1", "caf\xc3\xa9\n");
	add("web1", 11);
	assert_int_equal(look(), 3);
	assert_string_equal(last_console, "caf\xc3\xa9\n");
}

static void notes_what_has_no_console(void **state)
{
	(void)state;
	add("silent", 1);
	assert_int_equal(look(), 1);
	assert_string_equal(last_console, "");
}

static void forgets_the_oldest(void **state)
{
	char name[128];
	FILE *file;

	(void)state;
	add("last", 1);
	for (unsigned int i = 0; i < HISTORY_MAX; i++) {
		snprintf(name, sizeof(name), "%s/%012u-old-%u.json", history,
			 1000 + i, i);
		file = fopen(name, "w");
		assert_non_null(file);
		fprintf(file, "{\"name\":\"old%u\",\"console\":\"\"}", i);
		fclose(file);
	}
	assert_int_equal(look(), HISTORY_MAX + 1);
	add("new", 2);
	assert_int_equal(look(), HISTORY_MAX);
	assert_string_equal(first_name, "old2");
}

static int set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL) {
		return -1;
	}
	snprintf(history, sizeof(history), "%s/lib/history", folder);
	history_folder = history;
	history_console_folder = folder;
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	strcpy(strrchr(folder, '-'), "-XXXXXX");
	return system(command);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(knows_a_crash),
		TEST(is_empty_at_first),
		TEST(notes_a_crash_once),
		TEST(takes_the_end_of_any_console),
		TEST(notes_what_has_no_console),
		TEST(forgets_the_oldest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
