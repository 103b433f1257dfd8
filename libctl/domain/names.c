/* SPDX-License-Identifier: MIT */
#include "libctl/domain/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libctl/domain/store.h"

/* Empty where the store has none: a domain that is being built or removed. */
static void read_name(struct corbel *c, struct corbel_info *info)
{
	if (store_domain_name(c, info->domid, info->name) != 0) {
		info->name[0] = '\0';
	}
}

static int compare(const void *key, const void *element)
{
	const uint32_t domid = *(const uint32_t *)key;
	const struct corbel_info *const info = element;

	return domid < info->domid ? -1 : domid > info->domid;
}

/* A line of the daemon's, "DOMID REQUESTS HELD-NS NAME". */
static void take_line(const char *line, struct corbel_info *list, size_t count)
{
	char *rest;
	const uint32_t domid = (uint32_t)strtoul(line, &rest, 10);
	struct corbel_info *const info =
		bsearch(&domid, list, count, sizeof(*list), compare);

	if (info == NULL) {
		return;
	}
	info->store_requests = strtoull(rest, &rest, 10);
	info->store_held_ns = strtoull(rest, &rest, 10);
	if (*rest == ' ') {
		snprintf(info->name, sizeof(info->name), "%s", rest + 1);
	}
}

/* Takes all lines apart; false if there is none. `last` is set to the number in the
 * last one, which comes back with a question for more. */
static bool take_lines(char *text, char last[16], struct corbel_info *list,
		       size_t count)
{
	char *rest = text;
	const char *line;
	bool any = false;

	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		any = true;
		take_line(line, list, count);
		snprintf(last, 16, "%.*s", (int)strcspn(line, " "), line);
	}
	return any;
}

/* False with errno. */
static bool ask(struct xs_handle *xs, struct corbel_info *list, size_t count)
{
	char last[16] = "";
	bool more = true;
	char *text;

	while (more) {
		text = xs_control_command(xs, "domains", last,
					  (unsigned int)strlen(last) + 1);
		if (text == NULL) {
			return false;
		}
		more = take_lines(text, last, list, count);
		free(text);
	}
	return true;
}

void names_read(struct corbel *c, struct corbel_info *list, size_t count)
{
	struct xs_handle *const xs = handle_store(c);

	if (xs == NULL) {
		return;
	}
	if (!ask(xs, list, count)) {
		/* Another's store daemon: one by one. */
		for (size_t i = 0; i < count; i++) {
			read_name(c, &list[i]);
		}
	} else if (count > 0 && list[0].name[0] == '\0') {
		read_name(c, &list[0]); /* the service VM has one always */
	}
}
