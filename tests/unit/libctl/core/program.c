/* SPDX-License-Identifier: MIT */
/* Programs that are run: how they end, and what they say. */
#include "libctl/core/program.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char said[32];

static enum program_end shell(const char *text)
{
	const char *const argv[] = { "sh", "-c", text, NULL };

	memset(said, '?', sizeof(said));
	return program_run(argv, said, sizeof(said));
}

static void tells_how_it_ended(void **state)
{
	(void)state;
	assert_int_equal(shell("exit 0"), PROGRAM_DONE);
	assert_int_equal(shell("exit 3"), PROGRAM_FAILED);
	assert_int_equal(shell("kill -9 $$"), PROGRAM_FAILED);
}

static void has_the_first_line(void **state)
{
	(void)state;
	assert_int_equal(shell("echo out; echo one >&2; echo two >&2; exit 1"),
			 PROGRAM_FAILED);
	assert_string_equal(said, "one");
	assert_int_equal(shell("exit 1"), PROGRAM_FAILED);
	assert_string_equal(said, "");
}

static void a_long_text_is_cut(void **state)
{
	(void)state;
	assert_int_equal(shell("yes | head -c 300000 | tr -d '\\n' >&2"),
			 PROGRAM_DONE);
	assert_int_equal(strlen(said), sizeof(said) - 1);
}

static void says_that_there_is_none(void **state)
{
	const char *const none[] = { "no-such-program", NULL };
	const char *const folder[] = { "/tmp", NULL };

	(void)state;
	assert_int_equal(program_run(none, said, sizeof(said)), PROGRAM_ABSENT);
	assert_string_equal(said, "No such file or directory");
	assert_int_equal(program_run(folder, said, sizeof(said)),
			 PROGRAM_FAILED);
	assert_string_equal(said, "Permission denied");
	/* What it says itself is no matter. */
	assert_int_equal(shell("echo No such file or directory >&2; exit 1"),
			 PROGRAM_FAILED);
}

/* One that stays in the background keeps no descriptor and no signal of ours. */
static void gets_nothing_of_ours(void **state)
{
	const int fd = dup2(STDIN_FILENO, 50);
	sigset_t set;

	(void)state;
	assert_int_equal(fd, 50);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	assert_int_equal(shell("[ ! -e /proc/self/fd/50 ]"), PROGRAM_DONE);
	assert_int_equal(shell("kill -TERM $$; exit 0"), PROGRAM_FAILED);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_how_it_ended),
		cmocka_unit_test(has_the_first_line),
		cmocka_unit_test(a_long_text_is_cut),
		cmocka_unit_test(says_that_there_is_none),
		cmocka_unit_test(gets_nothing_of_ours),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
