/* SPDX-License-Identifier: MIT */
/*
 * corbel pause, unpause, shutdown, suspend, resume, reboot, destroy.
 */
#include "toolstack/command.h"

static int on_guest(struct corbel *c, const struct arguments *a,
		    int (*call)(struct corbel *c, uint32_t domid))
{
	uint32_t domid;

	if (corbel_find(c, a->operand[0], &domid) != 0 || call(c, domid) != 0) {
		return report_failure(c);
	}
	return EXIT_OK;
}

int cmd_pause(struct corbel *c, const struct arguments *a)
{
	return on_guest(c, a, corbel_pause);
}

int cmd_unpause(struct corbel *c, const struct arguments *a)
{
	return on_guest(c, a, corbel_unpause);
}

int cmd_destroy(struct corbel *c, const struct arguments *a)
{
	int ret;

	signals_hold();
	ret = on_guest(c, a, corbel_destroy);
	signals_release();
	return ret;
}

static int ask(struct corbel *c, const struct arguments *a,
	       int (*call)(struct corbel *c, uint32_t domid,
			   unsigned int seconds))
{
	const unsigned int seconds = (unsigned int)a->number[OPTION_WAIT];
	uint32_t domid;

	if (corbel_find(c, a->operand[0], &domid) != 0 ||
	    call(c, domid, seconds) != 0) {
		return report_failure(c);
	}
	return EXIT_OK;
}

int cmd_shutdown(struct corbel *c, const struct arguments *a)
{
	return ask(c, a, corbel_shutdown);
}

int cmd_reboot(struct corbel *c, const struct arguments *a)
{
	return ask(c, a, corbel_reboot);
}

#define SUSPEND_S 60

int cmd_suspend(struct corbel *c, const struct arguments *a)
{
	const unsigned int seconds =
		a->given[OPTION_TIMEOUT]
			? (unsigned int)a->number[OPTION_TIMEOUT]
			: SUSPEND_S;
	uint32_t domid;

	if (corbel_find(c, a->operand[0], &domid) != 0 ||
	    corbel_suspend(c, domid, seconds) != 0) {
		return report_failure(c);
	}
	return EXIT_OK;
}

int cmd_resume(struct corbel *c, const struct arguments *a)
{
	return on_guest(c, a, corbel_resume);
}
