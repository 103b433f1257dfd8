/* SPDX-License-Identifier: MIT */
/*
 * xl shutdown, reboot: of several guests, and with a wait without end; trigger,
 * config-update.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/xl/xl.h"

#define FOR_EVER (UINT32_MAX / 1000)

/* What is asked of a guest. */
struct request {
	const char *doing;
	int (*call)(struct corbel *c, uint32_t domid, unsigned int seconds);
};

static int ask_one(struct corbel *c, const struct arguments *a,
		   const struct request *r, uint32_t domid)
{
	printf("%s domain %u\n", r->doing, domid);
	fflush(stdout);
	return r->call(c, domid, a->given[OPTION_WAIT] ? FOR_EVER : 0) == 0
		       ? EXIT_OK
		       : report_failure(c);
}

static int ask_all(struct corbel *c, const struct arguments *a,
		   const struct request *r)
{
	struct corbel_info *list;
	int ret = EXIT_OK;
	size_t count;

	if (corbel_list(c, &list, &count) != 0) {
		return report_failure(c);
	}
	for (size_t i = 0; i < count; i++) {
		if (list[i].domid != 0 &&
		    ask_one(c, a, r, list[i].domid) != EXIT_OK) {
			ret = EXIT_FAILED;
		}
	}
	free(list);
	return ret;
}

static int ask(struct corbel *c, const struct arguments *a,
	       const struct request *r)
{
	int ret = EXIT_OK;
	uint32_t domid;

	if (a->given[OPTION_EVERY]) {
		return ask_all(c, a, r);
	}
	if (*a->rest == NULL) {
		return report_usage(r->doing, "no guest is named");
	}
	for (const char *const *name = a->rest; *name != NULL; name++) {
		if (corbel_find(c, *name, &domid) != 0) {
			ret = report_failure(c);
		} else if (ask_one(c, a, r, domid) != EXIT_OK) {
			ret = EXIT_FAILED;
		}
	}
	return ret;
}

int xl_shutdown(struct corbel *c, const struct arguments *a)
{
	static const struct request shutdown = { "Shutting down",
						 corbel_shutdown };

	return ask(c, a, &shutdown);
}

int xl_reboot(struct corbel *c, const struct arguments *a)
{
	static const struct request reboot = { "Rebooting", corbel_reboot };

	return ask(c, a, &reboot);
}

/* A PVH guest has no power button, but its kernel looks at the store. */
int xl_trigger(struct corbel *c, const struct arguments *a)
{
	uint32_t domid;

	if (strcmp(a->operand[1], "power") != 0) {
		return cmd_trigger(c, a);
	}
	return corbel_find(c, a->operand[0], &domid) == 0 &&
			       corbel_shutdown(c, domid, 0) == 0
		       ? EXIT_OK
		       : report_failure(c);
}

int xl_config_update(struct corbel *c, const struct arguments *a)
{
	(void)c;
	(void)a;
	return report_text("config-update",
			   "a running guest keeps its description; what "
			   "another is to be made from, corbel xml define "
			   "keeps");
}
