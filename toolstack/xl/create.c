/* SPDX-License-Identifier: MIT */
/*
 * xl create FILE [NAME=VALUE]...
 */
#include <stdio.h>
#include <stdlib.h>

#include "toolstack/xl/xl.h"

/* A guest without its disk is not what was asked for. */
static int use(struct corbel *c, const struct arguments *a,
	       const struct corbel_conversion *conversion)
{
	struct corbel_config *config;

	fputs(conversion->notes, stderr);
	if (a->given[OPTION_DRY_RUN]) {
		fputs(conversion->xml, stdout);
		return EXIT_OK;
	}
	if (conversion->partial) {
		fprintf(stderr,
			"xl: %s: not made, with devices left out; corbel "
			"convert prints what there would be\n",
			a->operand[0]);
		return EXIT_FAILED;
	}
	return corbel_config_parse(c, a->operand[0], conversion->xml,
				   &config) == 0
		       ? create_guest(c, config, a)
		       : report_failure(c);
}

int xl_create(struct corbel *c, const struct arguments *a)
{
	struct corbel_conversion conversion;
	char *const more = xl_join(a->rest, "\n");
	int ret;

	if (more == NULL) {
		return report_errno("command line", "no memory");
	}
	if (!a->given[OPTION_QUIET] && !a->given[OPTION_DRY_RUN]) {
		printf("Parsing config from %s\n", a->operand[0]);
	}
	if (corbel_convert(c, a->operand[0], more, &conversion) == 0) {
		ret = use(c, a, &conversion);
		corbel_conversion_free(&conversion);
	} else {
		ret = report_failure(c);
	}
	free(more);
	return ret;
}
