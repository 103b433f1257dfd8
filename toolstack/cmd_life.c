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

/* One guest, or with --all all of them. */
static int check_subject(const struct arguments *a)
{
	if (a->given[OPTION_EVERY] == (a->operand[0] == NULL)) {
		return EXIT_OK;
	}
	return a->operand[0] != NULL
		       ? report_usage(a->operand[0], "or --all, not both")
		       : report_usage("GUEST", "or --all is missing");
}

static int destroy_all(struct corbel *c)
{
	return corbel_destroy_all(c) == 0 ? EXIT_OK : report_failure(c);
}

int cmd_destroy(struct corbel *c, const struct arguments *a)
{
	int ret = check_subject(a);

	if (ret == EXIT_OK) {
		signals_hold();
		ret = a->operand[0] == NULL ? destroy_all(c)
					    : on_guest(c, a, corbel_destroy);
		signals_release();
	}
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

static int shutdown_all(struct corbel *c, unsigned int seconds)
{
	return corbel_shutdown_all(c, seconds) == 0 ? EXIT_OK
						    : report_failure(c);
}

int cmd_shutdown(struct corbel *c, const struct arguments *a)
{
	const int ret = check_subject(a);

	if (ret != EXIT_OK) {
		return ret;
	}
	return a->operand[0] == NULL
		       ? shutdown_all(c, (unsigned int)a->number[OPTION_WAIT])
		       : ask(c, a, corbel_shutdown);
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
