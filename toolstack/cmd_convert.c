/* SPDX-License-Identifier: MIT */
/*
 * corbel convert.
 */
#include <stdio.h>

#include "toolstack/command.h"

int cmd_convert(struct corbel *c, const struct arguments *a)
{
	struct corbel_conversion conversion;

	if (corbel_convert(c, a->operand[0], NULL, &conversion) != 0) {
		return report_failure(c);
	}
	fputs(conversion.notes, stderr);
	fputs(conversion.xml, stdout);
	corbel_conversion_free(&conversion);
	return EXIT_OK;
}
