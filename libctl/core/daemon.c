/* SPDX-License-Identifier: MIT */
/*
 * Is the store daemon there? One that has ended is started again soon.
 */

#include "pv-drivers/xenbus/daemon.h"
#include "libctl/core/internal.h"
#include "libctl/core/pause.h"

#define WAIT_MS 5000
#define POLL_MS 100

bool daemon_is_there(void)
{
	for (unsigned int ms = 0; ms < WAIT_MS; ms += POLL_MS) {
		if (daemon_listens(DAEMON_SOCKET)) {
			return true;
		}
		pause_ms(POLL_MS);
	}
	return false;
}
