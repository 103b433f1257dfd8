/* SPDX-License-Identifier: MIT */
#include "svcvm/console/logfile.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/logfile.XXXXXX";
static struct logfile_options options = { .size = 4, .count = 3 };
static struct logfile log_;

static int make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL) {
		return -1;
	}
	options.folder = open(folder, O_RDONLY | O_DIRECTORY);
	return options.folder < 0 ? -1 : 0;
}

static int remove_folder(void **state)
{
	(void)state;
	close(options.folder);
	return rmdir(folder);
}

static int tear_down(void **state)
{
	static const char *const names[] = { "web1.log", "web1.log.1",
					     "web1.log.2", "web1.log.3" };
	size_t i;

	(void)state;
	logfile_close(&log_);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unlinkat(options.folder, names[i], 0);
		unlinkat(options.folder, names[i], AT_REMOVEDIR);
	}
	return 0;
}

/* NULL: there must be no such file. */
static void assert_file(const char *name, const char *text)
{
	char found[64] = "";
	int fd = openat(options.folder, name, O_RDONLY);

	if (text == NULL) {
		assert_int_equal(fd, -1);
		return;
	}
	assert_true(fd >= 0);
	assert_true(read(fd, found, sizeof(found) - 1) >= 0);
	close(fd);
	assert_string_equal(found, text);
}

static void write_text(const char *text)
{
	logfile_write(&log_, text, strlen(text));
}

static void test_rotates(void **state)
{
	(void)state;
	logfile_start(&log_, &options, "web1", 7);
	write_text("one");
	write_text("two");
	assert_file("web1.log", "onetwo");
	write_text("three");
	assert_file("web1.log", "three");
	assert_file("web1.log.1", "onetwo");
	write_text("four");
	write_text("five");
	assert_file("web1.log", "five");
	assert_file("web1.log.1", "four");
	assert_file("web1.log.2", "three");
	assert_file("web1.log.3", NULL);
}

static void test_one_file(void **state)
{
	(void)state;
	options.count = 1;
	logfile_start(&log_, &options, "web1", 7);
	write_text("first");
	write_text("second");
	options.count = 3;
	assert_file("web1.log", "second");
	assert_file("web1.log.1", NULL);
}

/* Who comes after goes on in the same file. */
static void test_appends(void **state)
{
	(void)state;
	logfile_start(&log_, &options, "web1", 7);
	write_text("ab");
	logfile_close(&log_);
	logfile_start(&log_, &options, "web1", 8);
	write_text("cd");
	assert_file("web1.log", "abcd");
	write_text("e");
	assert_file("web1.log", "e");
}

static void test_names(void **state)
{
	char name[2 * LOGFILE_NAME_SIZE];

	(void)state;
	logfile_start(&log_, &options, "web1", 7);
	assert_string_equal(log_.name, "web1");
	logfile_start(&log_, &options, NULL, 7);
	assert_string_equal(log_.name, "dom7");
	logfile_start(&log_, &options, "", 7);
	assert_string_equal(log_.name, "dom7");
	logfile_start(&log_, &options, "../web1", 7);
	assert_string_equal(log_.name, "dom7");
	logfile_start(&log_, &options, "a/b", 7);
	assert_string_equal(log_.name, "dom7");
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	logfile_start(&log_, &options, name, 7);
	assert_string_equal(log_.name, "dom7");
}

/* What cannot be written is lost, and later it goes on. */
static void test_failure_passes(void **state)
{
	(void)state;
	mkdirat(options.folder, "web1.log", 0700);
	logfile_start(&log_, &options, "web1", 7);
	write_text("lost");
	assert_true(log_.failed);
	unlinkat(options.folder, "web1.log", AT_REMOVEDIR);
	write_text("kept");
	assert_false(log_.failed);
	assert_file("web1.log", "kept");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_rotates, tear_down),
		cmocka_unit_test_teardown(test_one_file, tear_down),
		cmocka_unit_test_teardown(test_appends, tear_down),
		cmocka_unit_test_teardown(test_names, tear_down),
		cmocka_unit_test_teardown(test_failure_passes, tear_down),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
