/* SPDX-License-Identifier: MIT */
#include "libctl/domain/subject.h"

#include <errno.h>
#include <stdio.h>

#include "libctl/core/internal.h"

const char *subject_name(struct corbel *c, uint32_t domid, char *out,
			 size_t size)
{
	char name[256];

	if (store_domain_name(c, domid, name) == 0) {
		snprintf(out, size, "guest %.80s", name);
	} else {
		snprintf(out, size, "domain %u", domid);
	}
	return out;
}

int subject_fail(struct corbel *c, uint32_t domid, const char *what)
{
	const int number = errno;
	char object[SUBJECT_SIZE];

	subject_name(c, domid, object, sizeof(object));
	if (number == ESRCH) {
		return corbel_fail(c, CORBEL_NOT_FOUND, object,
				   "there is no such domain");
	}
	errno = number;
	return corbel_fail_errno(c, object, "%s", what);
}

int subject_is_guest(struct corbel *c, uint32_t domid)
{
	if (domid != 0) {
		return 0;
	}
	return corbel_fail(c, CORBEL_NOT_ALLOWED, "domain 0",
			   "this is the service VM itself");
}

int subject_info(struct corbel *c, uint32_t domid,
		 struct xen_domctl_getdomaininfo *info)
{
	if (domctl_info(c, domid, info) != 0) {
		return -1;
	}
	if (info->domain != domid) {
		errno = ESRCH;
		return -1;
	}
	return 0;
}

int subject_has_vcpus(struct corbel *c, uint32_t domid, unsigned int count,
		      struct xen_domctl_getdomaininfo *info)
{
	char object[SUBJECT_SIZE];

	if (subject_info(c, domid, info) != 0) {
		return subject_fail(c, domid, "vCPUs");
	}
	if (count < 1 || count > info->max_vcpu_id + 1) {
		return corbel_fail(
			c, CORBEL_INVALID,
			subject_name(c, domid, object, sizeof(object)),
			"it has %u vCPUs", info->max_vcpu_id + 1);
	}
	return 0;
}
