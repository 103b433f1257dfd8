/* SPDX-License-Identifier: MIT */
#include "svcvm/console/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "svcvm/console/log.h"

/* A guest's console is for root alone. */
static bool prepare(struct pty *pty)
{
	struct termios mode;

	if (grantpt(pty->fd) < 0 || unlockpt(pty->fd) < 0 ||
	    ptsname_r(pty->fd, pty->path, sizeof(pty->path)) != 0) {
		return false;
	}
	pty->reserve = open(pty->path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (pty->reserve < 0 || fchmod(pty->reserve, 0600) < 0 ||
	    tcgetattr(pty->reserve, &mode) < 0) {
		return false;
	}
	cfmakeraw(&mode);
	return tcsetattr(pty->reserve, TCSANOW, &mode) == 0;
}

bool pty_open(struct pty *pty)
{
	pty->reserve = -1;
	pty->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (pty->fd >= 0 && prepare(pty)) {
		return true;
	}
	log_line("no terminal: %s", strerror(errno));
	pty_close(pty);
	return false;
}

void pty_close(struct pty *pty)
{
	if (pty->reserve >= 0) {
		close(pty->reserve);
	}
	if (pty->fd >= 0) {
		close(pty->fd);
	}
	pty->fd = -1;
	pty->reserve = -1;
}

size_t pty_write(const struct pty *pty, const char *from, size_t size)
{
	ssize_t count = write(pty->fd, from, size);

	return count < 0 ? 0 : (size_t)count;
}

size_t pty_read(const struct pty *pty, char *to, size_t size)
{
	ssize_t count = read(pty->fd, to, size);

	return count < 0 ? 0 : (size_t)count;
}
