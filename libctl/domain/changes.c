/* SPDX-License-Identifier: MIT */
/*
 * Being told that a domain has come, stopped or gone, or a device of one, going
 * by its note (see device.c). The store daemon knows; its
 * connection for this is another than the one that calls wait on.
 */
#include <errno.h>
#include <stdlib.h>

#include "libctl/core/internal.h"

int corbel_changes_open(struct corbel *c, int *fd)
{
	if (c->changes == NULL) {
		c->changes = xs_open(XS_OPEN_SOCKETONLY);
	}
	if (c->changes == NULL ||
	    !xs_watch(c->changes, "@introduceDomain", "changes") ||
	    !xs_watch(c->changes, "@releaseDomain", "changes") ||
	    !xs_watch(c->changes, "/libxl", "changes")) {
		return corbel_fail_errno(
			c, "store",
			"no connection (is corbel-stored running?)");
	}
	*fd = xs_fileno(c->changes);
	return 0;
}

int corbel_changes_take(struct corbel *c)
{
	char **event;

	while ((event = xs_check_watch(c->changes)) != NULL) {
		free(event);
	}
	return errno == EAGAIN ? 0
			       : corbel_fail_errno(c, "store",
						   "its connection is gone");
}
