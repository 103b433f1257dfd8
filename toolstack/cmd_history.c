/* SPDX-License-Identifier: MIT */
/*
 * corbel history: crashes of guests, from the files that corbeld writes.
 */
#include <stdio.h>
#include <string.h>
#include <yajl/yajl_tree.h>

#include "toolstack/command.h"
#include "toolstack/history.h"

struct listing {
	const char *guest; /* NULL: all */
	bool json;
	bool first;
};

static const char *member(yajl_val record, const char *name)
{
	const char *path[] = { name, NULL };
	yajl_val value = yajl_tree_get(record, path, yajl_t_any);

	if (YAJL_IS_STRING(value)) {
		return YAJL_GET_STRING(value);
	}
	return YAJL_IS_NUMBER(value) ? YAJL_GET_NUMBER(value) : "";
}

/* With its console if it is about one guest. */
static void print_text(const struct listing *l, yajl_val record)
{
	printf("%-20s  %-24s %5s  %s\n", member(record, "time"),
	       member(record, "name"), member(record, "id"),
	       member(record, "reason"));
	if (l->guest == NULL) {
		return;
	}
	for (const char *line = member(record, "console"); *line != '\0';) {
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
	yajl_val record = yajl_tree_parse(text, NULL, 0);

	if (record == NULL) {
		return true; /* none of ours */
	}
	if (l->guest == NULL || strcmp(member(record, "name"), l->guest) == 0) {
		if (l->json) {
			printf("%s%s", l->first ? "" : ",\n", text);
		} else {
			print_text(l, record);
		}
		l->first = false;
	}
	yajl_tree_free(record);
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
