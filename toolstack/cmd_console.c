/* SPDX-License-Identifier: MIT */
/*
 * corbel console: this terminal and the guest's, byte for byte in both
 * directions.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "toolstack/command.h"

#define ESCAPE 0x1d /* Ctrl-] */

/* Both terminals hand on what they get; only the guest edits lines. */
static int make_raw(int fd, struct termios *before)
{
	struct termios raw;

	if (tcgetattr(fd, before) != 0) {
		return -1;
	}
	raw = *before;
	cfmakeraw(&raw);
	return tcsetattr(fd, TCSANOW, &raw);
}

static int write_all(int fd, const char *bytes, size_t count)
{
	while (count > 0) {
		const ssize_t written = write(fd, bytes, count);

		if (written < 0 && errno != EINTR) {
			return -1;
		}
		if (written > 0) {
			bytes += written;
			count -= (size_t)written;
		}
	}
	return 0;
}

enum copied {
	COPIED,
	COPIED_ALL, /* nothing more will come */
	COPIED_ESCAPE,
	COPIED_ERROR,
};

static enum copied copy(int from, int to, bool with_escape)
{
	char bytes[1024];
	const char *escape;
	const ssize_t got = read(from, bytes, sizeof(bytes));

	if (got < 0) {
		if (errno == EINTR || errno == EAGAIN) {
			return COPIED;
		}
		/* The other end of the guest's terminal has been closed. */
		return errno == EIO ? COPIED_ALL : COPIED_ERROR;
	}
	escape = with_escape ? memchr(bytes, ESCAPE, (size_t)got) : NULL;
	if (write_all(to, bytes,
		      escape != NULL ? (size_t)(escape - bytes)
				     : (size_t)got) != 0) {
		return COPIED_ERROR;
	}
	if (escape != NULL) {
		return COPIED_ESCAPE;
	}
	return got == 0 ? COPIED_ALL : COPIED;
}

static int loop(int terminal, int signals)
{
	struct pollfd fds[] = {
		{ .fd = terminal, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	enum copied result = COPIED;

	while (result == COPIED && fds[2].revents == 0) {
		if (poll(fds, 3, -1) < 0) {
			if (errno != EINTR) {
				return -1;
			}
			continue;
		}
		if (fds[0].revents != 0) {
			result = copy(terminal, STDOUT_FILENO, false);
		}
		if (result == COPIED && fds[1].revents != 0) {
			result = copy(STDIN_FILENO, terminal, true);
		}
	}
	return result == COPIED_ERROR ? -1 : 0;
}

/* With raw terminals, and signals held. */
static int run(const char *path, int terminal, int signals)
{
	const bool has_tty = isatty(STDIN_FILENO) != 0;
	struct termios before, unused;
	int ret = EXIT_OK;

	if (make_raw(terminal, &unused) != 0 ||
	    (has_tty && make_raw(STDIN_FILENO, &before) != 0)) {
		return report_errno(path, "set the terminal");
	}
	if (has_tty) {
		fprintf(stderr, "[Ctrl-] leaves the console]\r\n");
	}
	if (loop(terminal, signals) != 0) {
		ret = report_errno(path, "console");
	}
	if (has_tty) {
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
		fprintf(stderr, "\n");
	}
	return ret;
}

static int attach(const char *path)
{
	const int terminal = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	int ret = EXIT_FAILED;
	int signals;

	if (terminal < 0) {
		return report_errno(path, "open");
	}
	signals = signals_take();
	if (signals >= 0) {
		ret = run(path, terminal, signals);
		signals_give_back(signals);
	}
	close(terminal);
	return ret;
}

int console_attach(struct corbel *c, uint32_t domid)
{
	char *path;
	int ret;

	if (corbel_console_path(c, domid, &path) != 0) {
		return report_failure(c);
	}
	ret = attach(path);
	free(path);
	return ret;
}

int cmd_console(struct corbel *c, const struct arguments *a)
{
	uint32_t domid;

	if (corbel_find(c, a->operand[0], &domid) != 0) {
		return report_failure(c);
	}
	return console_attach(c, domid);
}
