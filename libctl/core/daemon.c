/* SPDX-License-Identifier: MIT */
/*
 * Is the store daemon there? The kernel's connection to it would wait without
 * end where there is none.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "libctl/core/internal.h"

#define STORE_SOCKET "/run/xenstored/socket"

/* One that has ended is started again within this time. */
#define WAIT_MS 5000
#define POLL_MS 100

static bool connects(void)
{
	const struct sockaddr_un address = { AF_UNIX, STORE_SOCKET };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool answer;

	if (fd < 0) {
		return false;
	}
	answer = connect(fd, (const struct sockaddr *)&address,
			 sizeof(address)) == 0;
	close(fd);
	return answer;
}

bool daemon_is_there(void)
{
	const struct timespec pause = { 0, POLL_MS * 1000000 };

	for (unsigned int ms = 0; ms < WAIT_MS; ms += POLL_MS) {
		if (connects()) {
			return true;
		}
		nanosleep(&pause, NULL);
	}
	return false;
}
