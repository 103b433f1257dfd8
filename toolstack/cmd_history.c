/* SPDX-License-Identifier: MIT */
/*
 * corbel history: crashes of guests, from the files that corbeld writes.
 */
#include <stdio.h>
#include <string.h>

#include "toolstack/command.h"
#include "toolstack/history.h"
#include "toolstack/record.h"

struct listing {
	const char *guest; /* NULL: all */
	bool json;
	bool first;
};

/* With its console if it is about one guest. */
static void print_text(const struct listing *l, struct record *record)
{
	printf("%-20s  %-24s %5s  %s\n", record_text(record, "time"),
	       record_text(record, "name"), record_text(record, "id"),
	       record_text(record, "reason"));
	if (l->guest == NULL) {
		return;
	}
	for (const char *line = record_text(record, "console");
	     *line != '\0';) {
		const size_t length = strcspn(line, "\r\n");

		if (length > 0) {
			printf("    %.*s\n", (int)length, line);
		}
		line += length + (line[length] != '\0');
	}
}

static bool print_one(const char *text, void *context)
{
	struct listing *const l = context;
	struct record *const record = record_parse(text);

	if (record == NULL) {
		return true; /* none of ours */
	}
	if (l->guest == NULL ||
	    strcmp(record_text(record, "name"), l->guest) == 0) {
		if (l->json) {
			printf("%s%s", l->first ? "" : ",\n", text);
		} else {
			print_text(l, record);
		}
		l->first = false;
	}
	record_free(record);
	return true;
}

int cmd_history(struct corbel *c, const struct arguments *a)
{
	struct listing l = {
		.guest = a->operand[0],
		.json = a->given[OPTION_JSON],
		.first = true,
	};
	bool done;

	(void)c;
	if (l.json) {
		printf("[");
	} else {
		printf("%-20s  %-24s %5s  %s\n", "TIME", "NAME", "ID",
		       "REASON");
	}
	done = history_each(print_one, &l);
	printf(l.json ? "]\n" : "");
	return done ? EXIT_OK : report_errno(history_folder, "read");
}
