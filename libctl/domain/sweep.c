/* SPDX-License-Identifier: MIT */
/*
 * What is left of domains that are gone: their tool was killed, or the store was
 * away, before all of it was removed. Nobody else comes back for it, and a disk
 * that is noted there counts as in use.
 */
#include <errno.h>
#include <stdlib.h>

#include "libctl/domain/kept.h"
#include "libctl/domain/store.h"
#include "libctl/ops/ops.h"

static bool is_alive(const struct xen_domctl_getdomaininfo *list, size_t count,
		     uint32_t domid)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i].domain == domid) {
			return !(list[i].flags & XEN_DOMINF_dying);
		}
	}
	return false;
}

static int sweep_one(struct corbel *c, uint32_t domid)
{
	if (devices_remove(c, domid) != 0) {
		return -1;
	}
	kept_remove(domid);
	return store_domain_remove(c, domid);
}

/* The store is read first: who is noted there was made before, so one that is
 * missing in the list has gone since. */
static int sweep_noted(struct corbel *c, char *const *ids, unsigned int noted)
{
	struct xen_domctl_getdomaininfo *list;
	size_t count;
	int swept = 0;

	if (sysctl_domains(c, &list, &count) != 0) {
		return corbel_fail_errno(c, "domains", "list");
	}
	for (unsigned int i = 0; i < noted && swept >= 0; i++) {
		const uint32_t domid = (uint32_t)strtoul(ids[i], NULL, 10);

		if (domid != 0 && !is_alive(list, count, domid)) {
			swept = sweep_one(c, domid) == 0 ? swept + 1 : -1;
		}
	}
	free(list);
	return swept;
}

int corbel_sweep(struct corbel *c)
{
	struct xs_handle *const xs = handle_store(c);
	unsigned int noted;
	char **ids;
	int swept;

	if (xs == NULL) {
		return -1;
	}
	ids = xs_directory(xs, XBT_NULL, "/libxl", &noted);
	if (ids == NULL) {
		return errno == ENOENT
			       ? 0
			       : corbel_fail_errno(c, "store", "/libxl");
	}
	swept = sweep_noted(c, ids, noted);
	free(ids);
	return swept;
}
