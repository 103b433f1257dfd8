/* SPDX-License-Identifier: MIT */
/*
 * xl shutdown, xl reboot: of several guests, and with a wait without end.
 */
#include <stdint.h>
#include <stdio.h>

#include "toolstack/xl/xl.h"

#define FOR_EVER (UINT32_MAX / 1000)

static int ask(struct corbel *c, const struct arguments *a, const char *doing,
	       int (*call)(struct corbel *c, uint32_t domid,
			   unsigned int seconds))
{
	const unsigned int seconds = a->given[OPTION_WAIT] ? FOR_EVER : 0;
	int ret = EXIT_OK;
	uint32_t domid;

	if (*a->rest == NULL) {
		return report_usage(doing, "no guest is named");
	}
	for (const char *const *name = a->rest; *name != NULL; name++) {
		if (corbel_find(c, *name, &domid) != 0) {
			ret = report_failure(c);
			continue;
		}
		printf("%s domain %u\n", doing, domid);
		fflush(stdout);
		if (call(c, domid, seconds) != 0) {
			ret = report_failure(c);
		}
	}
	return ret;
}

int xl_shutdown(struct corbel *c, const struct arguments *a)
{
	return ask(c, a, "Shutting down", corbel_shutdown);
}

int xl_reboot(struct corbel *c, const struct arguments *a)
{
	return ask(c, a, "Rebooting", corbel_reboot);
}
