/* SPDX-License-Identifier: MIT */
#include "pv-drivers/xenbus/daemon.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int open_socket(const char *path, int flags)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, error;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address,
			       sizeof(address)) != 0) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

int daemon_connect(const char *path)
{
	return open_socket(path, 0);
}

bool daemon_listens(const char *path)
{
	const int fd = open_socket(path, SOCK_NONBLOCK);

	if (fd >= 0) {
		close(fd);
	}
	/* A full queue of connections is somebody's. */
	return fd >= 0 || errno == EAGAIN;
}
