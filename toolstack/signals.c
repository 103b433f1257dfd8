/* SPDX-License-Identifier: MIT */
/*
 * What must not be cut off half way: a guest that is being made or removed, a
 * terminal that is raw. Signals wait until that is over.
 */
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

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

int signals_take(void)
{
	sigset_t set;
	int file;

	held(&set);
	file = signalfd(-1, &set, SFD_CLOEXEC);
	if (file < 0) {
		report_errno("signals", "wait for");
		return -1;
	}
	signals_hold();
	return file;
}

void signals_give_back(int file)
{
	close(file);
	signals_release();
}
