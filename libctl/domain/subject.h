/* SPDX-License-Identifier: MIT */
/*
 * The domain that a call is about: its name in messages, and failures of calls
 * about it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "libctl/ops/ops.h"

#define SUBJECT_SIZE 96

/* "guest NAME", or "domain N" if the store has no name for it. Returns `out`. */
const char *subject_name(struct corbel *c, uint32_t domid, char *out,
			 size_t size);

/* Tells that `what` failed with errno. Returns -1. */
int subject_fail(struct corbel *c, uint32_t domid, const char *what);

/* Fails if it is the service VM. */
int subject_is_guest(struct corbel *c, uint32_t domid);

/* Fails if the domain has not got that many vCPUs, or none is asked for. */
int subject_has_vcpus(struct corbel *c, uint32_t domid, unsigned int count,
		      struct xen_domctl_getdomaininfo *info);

/* Of this very domain; -1 with ESRCH if it is not there. Tells nothing. */
int subject_info(struct corbel *c, uint32_t domid,
		 struct xen_domctl_getdomaininfo *info);
