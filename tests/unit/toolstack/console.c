/* SPDX-License-Identifier: MIT */
/*
 * corbel console between a pipe and a terminal. The test is the guest at the
 * terminal's other end.
 */
#include "toolstack/command.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#define SECONDS 20 /* after which a command that does not end is killed */

static int guest = -1; /* the far end of the terminal */
static char input[64], output[64];

int corbel_find(struct corbel *c, const char *name, uint32_t *domid)
{
	(void)c;
	assert_string_equal(name, "web1");
	*domid = 7;
	return 0;
}

int corbel_console_path(struct corbel *c, uint32_t domid, char **path)
{
	(void)c;
	assert_int_equal(domid, 7);
	*path = strdup(ptsname(guest));
	return 0;
}

const struct corbel_error *corbel_error(const struct corbel *c)
{
	static const struct corbel_error error = { .text = "none expected" };

	(void)c;
	return &error;
}

void corbel_set_progress(struct corbel *c, corbel_progress_t call,
			 void *context)
{
	(void)c;
	(void)call;
	(void)context;
}

static int set_up(void **state)
{
	struct termios raw;

	(void)state;
	guest = posix_openpt(O_RDWR | O_NOCTTY);
	if (guest < 0 || grantpt(guest) != 0 || unlockpt(guest) != 0 ||
	    tcgetattr(guest, &raw) != 0) {
		return -1;
	}
	/* As the console daemon leaves it: what is typed is not echoed. */
	cfmakeraw(&raw);
	strcpy(input, "/tmp/corbel-console-XXXXXX");
	strcpy(output, "/tmp/corbel-console-XXXXXX");
	close(mkstemp(input));
	close(mkstemp(output));
	return tcsetattr(guest, TCSANOW, &raw);
}

static int tear_down(void **state)
{
	(void)state;
	unlink(input);
	unlink(output);
	return close(guest);
}

/* As the console daemon does: the terminal is not empty while nobody looks. */
static int open_terminal(void)
{
	const char *const name = ptsname(guest);
	int fd;

	assert_non_null(name);
	fd = open(name, O_RDWR | O_NOCTTY);
	assert_true(fd >= 0);
	return fd;
}

/* Runs the command with `text` on its stdin; its exit status. */
static int console_with(const char *text)
{
	const struct arguments a = { .operand = { "web1" } };
	const int fd = open(input, O_RDWR);
	int status;
	pid_t child;

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	child = fork();
	if (child == 0) {
		alarm(SECONDS);
		dup2(fd, STDIN_FILENO);
		dup2(open(output, O_WRONLY), STDOUT_FILENO);
		_exit(cmd_console(NULL, &a));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	close(fd);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void guest_has_got(const char *text)
{
	char got[64] = "";

	assert_int_equal(read(guest, got, sizeof(got)), strlen(text));
	assert_string_equal(got, text);
}

static void end_of_input_ends_it(void **state)
{
	(void)state;
	assert_int_equal(console_with("uptime\r"), EXIT_OK);
	guest_has_got("uptime\r");
}

static void escape_ends_it(void **state)
{
	(void)state;
	assert_int_equal(console_with("uptime\r\035never typed"), EXIT_OK);
	guest_has_got("uptime\r");
}

static void prints_what_was_there(void **state)
{
	char got[64] = "";
	int fd, slave;

	(void)state;
	slave = open_terminal();
	assert_int_equal(write(guest, "login: ", 7), 7);
	assert_int_equal(console_with("root\r"), EXIT_OK);
	fd = open(output, O_RDONLY);
	assert_int_equal(read(fd, got, sizeof(got)), 7);
	assert_string_equal(got, "login: ");
	close(fd);
	close(slave);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(end_of_input_ends_it, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(escape_ends_it, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(prints_what_was_there, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
