/* SPDX-License-Identifier: MIT */
/*
 * corbel dump.
 */

#include "toolstack/command.h"

static int dump(struct corbel *c, const struct arguments *a, uint32_t domid,
		int signals)
{
	const unsigned int flags =
		(a->given[OPTION_LIVE] ? CORBEL_DUMP_LIVE : 0) |
		(a->given[OPTION_CRASH] ? CORBEL_DUMP_CRASH : 0);

	report_progress(c);
	if (corbel_dump(c, domid, a->operand[1], flags, signals) != 0) {
		return report_failure(c);
	}
	report_progress_end();
	return EXIT_OK;
}

int cmd_dump(struct corbel *c, const struct arguments *a)
{
	uint32_t domid;
	int signals, ret;

	if (corbel_find(c, a->operand[0], &domid) != 0) {
		return report_failure(c);
	}
	/* The guest is not left paused, nor half a file. */
	signals = signals_take();
	if (signals < 0) {
		return EXIT_FAILED;
	}
	ret = dump(c, a, domid, signals);
	signals_give_back(signals);
	return ret;
}
