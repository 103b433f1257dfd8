/* SPDX-License-Identifier: MIT */
/*
 * The end of all guests, as when the machine goes down.
 */
#include <stdlib.h>

#include "libctl/core/internal.h"
#include "libctl/core/pause.h"
#include "libctl/domain/subject.h"
#include "libctl/ops/ops.h"

#define POLL_MS 100

typedef int (*call_t)(struct corbel *c, uint32_t domid);

/* Or is about to: somebody else has ended it. */
static bool has_gone(struct corbel *c, uint32_t domid)
{
	struct xen_domctl_getdomaininfo info;

	return subject_info(c, domid, &info) != 0 ||
	       (info.flags & XEN_DOMINF_dying) != 0;
}

/* The first failure is told, and no reason to leave the others alone. */
static int each_guest(struct corbel *c, call_t call)
{
	struct xen_domctl_getdomaininfo *list;
	struct corbel_error first;
	size_t count;
	int ret = 0;

	if (sysctl_domains(c, &list, &count) != 0) {
		return corbel_fail_errno(c, "domains", "list");
	}
	for (size_t i = 0; i < count; i++) {
		if (list[i].domain == 0 || call(c, list[i].domain) == 0 ||
		    has_gone(c, list[i].domain) || ret != 0) {
			continue;
		}
		first = c->error;
		ret = -1;
	}
	free(list);
	if (ret != 0) {
		error_put_back(c, &first);
	}
	return ret;
}

/* A guest that runs, or 0. Tells nothing if that is well. */
static int find_running(struct corbel *c, uint32_t *domid)
{
	const uint32_t stands =
		XEN_DOMINF_shutdown | XEN_DOMINF_dying | XEN_DOMINF_paused;
	struct xen_domctl_getdomaininfo *list;
	size_t count;

	if (sysctl_domains(c, &list, &count) != 0) {
		return corbel_fail_errno(c, "domains", "list");
	}
	*domid = 0;
	for (size_t i = 0; *domid == 0 && i < count; i++) {
		*domid = list[i].flags & stands ? 0 : list[i].domain;
	}
	free(list);
	return 0;
}

static int wait_for_all(struct corbel *c, unsigned int seconds)
{
	const uint64_t tries = (uint64_t)seconds * 1000 / POLL_MS;
	char object[SUBJECT_SIZE];
	uint32_t domid = 0;

	for (uint64_t i = 0; i < tries; i++) {
		if (find_running(c, &domid) != 0) {
			return -1;
		}
		if (domid == 0) {
			return 0;
		}
		pause_ms(POLL_MS);
	}
	return corbel_fail(c, CORBEL_TIMEOUT,
			   subject_name(c, domid, object, sizeof(object)),
			   "still running after %u seconds", seconds);
}

static int ask(struct corbel *c, uint32_t domid)
{
	return corbel_shutdown(c, domid, 0);
}

int corbel_shutdown_all(struct corbel *c, unsigned int seconds)
{
	const int asked = each_guest(c, ask);

	return seconds != 0 && wait_for_all(c, seconds) != 0 ? -1 : asked;
}

int corbel_destroy_all(struct corbel *c)
{
	return each_guest(c, corbel_destroy);
}
