/* SPDX-License-Identifier: MIT */
/*
 * The host, <xen/sysctl.h> and <xen/version.h>.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <xen/version.h>

#include "libctl/core/internal.h"
#include "libctl/ops/ops.h"

int sysctl_run(struct corbel *c, struct xen_sysctl *op)
{
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return call_struct(c, __HYPERVISOR_sysctl, op, sizeof(*op));
}

int sysctl_physinfo(struct corbel *c, struct xen_sysctl_physinfo *info)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };
	const int rc = sysctl_run(c, &op);

	*info = op.u.physinfo;
	return rc;
}

uint64_t sysctl_free_pages(const struct xen_sysctl_physinfo *info)
{
	return info->free_pages > info->outstanding_pages
		       ? info->free_pages - info->outstanding_pages
		       : 0;
}

int sysctl_read_log(struct corbel *c, struct sysctl_log *log, char *out,
		    uint32_t *size)
{
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_readconsole,
		.u.readconsole = {
			.clear = log->clear,
			.incremental = log->follow,
			.index = log->index,
			.count = *size,
		},
	};
	const struct xen_sysctl_readconsole *r = &op.u.readconsole;
	char *copy = call_buffer(c, *size);
	int rc;

	if (copy == NULL) {
		return -1;
	}
	set_xen_guest_handle(op.u.readconsole.buffer, copy);
	rc = sysctl_run(c, &op);
	if (rc == 0) {
		*size = r->count < *size ? r->count : *size;
		log->index = r->index;
		memcpy(out, copy, *size);
	}
	call_buffer_free(c, copy);
	return rc;
}

int sysctl_debug_keys(struct corbel *c, const char *keys)
{
	const size_t size = strlen(keys);
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_debug_keys,
		.u.debug_keys.nr_keys = (uint32_t)size,
	};
	char *const copy = call_buffer(c, size + 1);
	int rc;

	if (copy == NULL) {
		return -1;
	}
	memcpy(copy, keys, size);
	set_xen_guest_handle(op.u.debug_keys.keys, copy);
	rc = sysctl_run(c, &op);
	call_buffer_free(c, copy);
	return rc;
}

int sysctl_version(struct corbel *c, char *out, size_t size)
{
	const int number =
		xencall2(c->call, __HYPERVISOR_xen_version, XENVER_version, 0);
	xen_extraversion_t extra = "";

	if (number < 0 ||
	    call_command(c, __HYPERVISOR_xen_version, XENVER_extraversion,
			 extra, sizeof(extra)) < 0) {
		return -1;
	}
	snprintf(out, size, "%d.%d%.*s", number >> 16, number & 0xffff,
		 (int)sizeof(extra), extra);
	return 0;
}
