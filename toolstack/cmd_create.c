/* SPDX-License-Identifier: MIT */
/*
 * corbel create, corbel start.
 */
#include <stdio.h>

#include "toolstack/command.h"

static int create(struct corbel *c, const struct corbel_config *config,
		  const struct arguments *a, uint32_t *domid)
{
	const bool unpause =
		a->given[OPTION_CONSOLE] && !a->given[OPTION_PAUSED];
	const bool paused = a->given[OPTION_PAUSED] || a->given[OPTION_CONSOLE];

	if (config->warnings != NULL) {
		fputs(config->warnings, stderr);
	}
	if (corbel_create(c, config, paused ? CORBEL_CREATE_PAUSED : 0,
			  domid) != 0) {
		return report_failure(c);
	}
	report_progress_end();
	printf("guest %s is domain %u\n", config->name, *domid);
	fflush(stdout);
	if (unpause && corbel_unpause(c, *domid) != 0) {
		return report_failure(c);
	}
	return EXIT_OK;
}

static int create_in_pool(struct corbel *c, struct corbel_config *config,
			  const struct arguments *a, uint32_t *domid)
{
	if (a->given[OPTION_POOL] &&
	    corbel_config_set_pool(c, config, a->text[OPTION_POOL]) != 0) {
		return report_failure(c);
	}
	return create(c, config, a, domid);
}

/* Takes the configuration over. */
static int run(struct corbel *c, struct corbel_config *config,
	       const struct arguments *a)
{
	uint32_t domid;
	int ret;

	signals_hold();
	ret = create_in_pool(c, config, a, &domid);
	signals_release();
	corbel_config_free(config);
	if (ret == EXIT_OK && a->given[OPTION_CONSOLE]) {
		ret = console_attach(c, domid);
	}
	return ret;
}

int create_guest(struct corbel *c, struct corbel_config *config,
		 const struct arguments *a)
{
	if (corbel_definition_match(c, config) != 0) {
		corbel_config_free(config);
		return report_failure(c);
	}
	return run(c, config, a);
}

int cmd_create(struct corbel *c, const struct arguments *a)
{
	struct corbel_config *config;

	return corbel_config_read(c, a->operand[0], &config) == 0
		       ? create_guest(c, config, a)
		       : report_failure(c);
}

int cmd_start(struct corbel *c, const struct arguments *a)
{
	struct corbel_config *config;

	return corbel_definition_read(c, a->operand[0], &config) == 0
		       ? run(c, config, a)
		       : report_failure(c);
}
