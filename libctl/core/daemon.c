/* SPDX-License-Identifier: MIT */
/*
 * Is the store daemon there? One that has ended is started again soon.
 */
#include <time.h>

#include "libctl/core/internal.h"
#include "pv-drivers/xenbus/daemon.h"

#define WAIT_MS 5000
#define POLL_MS 100

bool daemon_is_there(void)
{
	const struct timespec pause = { 0, POLL_MS * 1000000 };

	for (unsigned int ms = 0; ms < WAIT_MS; ms += POLL_MS) {
		if (daemon_listens(DAEMON_SOCKET)) {
			return true;
		}
		nanosleep(&pause, NULL);
	}
	return false;
}
