/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include "toolstack/command.h"
#include "toolstack/json.h"

int json_print(struct json *j)
{
	const char *const text = json_get(j);
	bool done;

	if (text == NULL) {
		json_drop(j);
		errno = EINVAL;
		return report_errno("output", "JSON");
	}
	done = fputs(text, stdout) != EOF;
	json_drop(j);
	return done ? EXIT_OK : report_errno("output", "write");
}
