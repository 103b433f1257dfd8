/* SPDX-License-Identifier: MIT */
/*
 * The host, <xen/sysctl.h> and <xen/version.h>.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/version.h>

#include "libctl/core/internal.h"
#include "libctl/ops/ops.h"

/* Domains in one call. */
#define DOMAINS_MAX 128u

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

/* Appends to the list those from `first` on that one call tells; returns how many,
 * or -1 with errno. `buffer` has room for them. */
static int append_domains(struct corbel *c, uint32_t first,
			  struct xen_domctl_getdomaininfo *buffer,
			  struct xen_domctl_getdomaininfo **list, size_t count)
{
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_getdomaininfolist,
		.u.getdomaininfolist = {
			.first_domain = (domid_t)first,
			.max_domains = DOMAINS_MAX,
		},
	};
	const uint32_t *const found = &op.u.getdomaininfolist.num_domains;
	struct xen_domctl_getdomaininfo *more;

	set_xen_guest_handle(op.u.getdomaininfolist.buffer, buffer);
	if (sysctl_run(c, &op) != 0) {
		return -1;
	}
	more = reallocarray(*list, count + *found + 1, sizeof(*more));
	if (more == NULL) {
		return -1;
	}
	memcpy(more + count, buffer, *found * sizeof(*buffer));
	*list = more;
	return (int)*found;
}

int sysctl_domains(struct corbel *c, struct xen_domctl_getdomaininfo **list,
		   size_t *count)
{
	struct xen_domctl_getdomaininfo *const buffer =
		call_buffer(c, DOMAINS_MAX * sizeof(*buffer));
	int found = buffer != NULL ? (int)DOMAINS_MAX : -1;
	uint32_t next = 0;

	*list = NULL;
	*count = 0;
	while (found == (int)DOMAINS_MAX) {
		found = append_domains(c, next, buffer, list, *count);
		if (found > 0) {
			*count += (size_t)found;
			next = (*list)[*count - 1].domain + 1u;
		}
	}
	if (buffer != NULL) {
		call_buffer_free(c, buffer);
	}
	if (found < 0) {
		free(*list);
		return -1;
	}
	return 0;
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
