/* SPDX-License-Identifier: MIT */
/*
 * corbel convert.
 */
#include <stdio.h>

#include "toolstack/command.h"

/* It needs no host: a handle that could not be opened has the errors, too. */
int cmd_convert(struct corbel *c, const struct arguments *a)
{
	struct corbel_conversion conversion;
	int ret = EXIT_OK;

	(void)corbel_open(&c);
	if (corbel_convert(c, a->operand[0], NULL, &conversion) == 0) {
		fputs(conversion.notes, stderr);
		fputs(conversion.xml, stdout);
		corbel_conversion_free(&conversion);
	} else {
		ret = report_failure(c);
	}
	corbel_close(c);
	return ret;
}
