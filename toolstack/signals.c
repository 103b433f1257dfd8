/* SPDX-License-Identifier: MIT */
/*
 * What must not be cut off half way: a guest that is being made or removed, a
 * terminal that is raw. Signals wait until that is over.
 */
#include <signal.h>
#include <sys/signalfd.h>

#include "toolstack/command.h"

static void held(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}

void signals_hold(void)
{
	sigset_t set;

	held(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

void signals_release(void)
{
	sigset_t set;

	held(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int signals_file(void)
{
	sigset_t set;

	held(&set);
	return signalfd(-1, &set, SFD_CLOEXEC);
}
