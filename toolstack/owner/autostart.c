/* SPDX-License-Identifier: MIT */
/*
 * Guests that start with the machine: once after its start they are put among
 * those that are to be made, and those survive us.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "toolstack/owner/owner.h"

/* In a folder that begins empty with each start of the machine. */
const char *autostart_mark = "/run/corbel/autostarted";

static void put(struct corbel *c, const struct corbel_definition *d)
{
	struct pending p;
	char *text;

	if (d->problem[0] != '\0') {
		log_line("guest %s: not started: %s", d->name, d->problem);
		return;
	}
	if (corbel_definition_xml(c, d->name, &text) != 0) {
		log_line("%s: not started: %s", corbel_error(c)->object,
			 corbel_error(c)->text);
		return;
	}
	if (pending_begin(&p, d->name, text)) {
		close(p.fd);
	} else {
		log_line("guest %s: not started: %s: %s", d->name, p.path,
			 strerror(errno));
	}
	free(text);
}

static void set_mark(void)
{
	const int fd =
		open(autostart_mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0) {
		log_line("%s: %s: guests start again with the next corbeld",
			 autostart_mark, strerror(errno));
		return;
	}
	close(fd);
}

bool autostart_begin(struct corbel *c)
{
	struct corbel_definition *list;
	size_t count;

	if (access(autostart_mark, F_OK) == 0) {
		return true;
	}
	if (corbel_definitions(c, &list, &count) != 0) {
		log_line("%s: %s", corbel_error(c)->object,
			 corbel_error(c)->text);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (list[i].autostart) {
			put(c, &list[i]);
		}
	}
	free(list);
	set_mark();
	return true;
}
