/* SPDX-License-Identifier: MIT */
/*
 * What the control interface has beyond Xen's, for our own tools. Its numbers are
 * far from those of the ABI's header, and its arguments fit in that one's union.
 */
#pragma once

#include <stdint.h>

/* What vCPUs of a domain did so far: struct corbel_domctl_activity in place of
 * xen_domctl.u. */
#define CORBEL_DOMCTL_activity 0xc0be0001u

#define CORBEL_ALL_VCPUS       UINT32_MAX

struct corbel_domctl_activity {
	uint32_t vcpu; /* in: its number, or CORBEL_ALL_VCPUS: the sum of all */
	uint32_t pad;
	uint64_t time[4]; /* out: ns, by RUNSTATE_* of xen/vcpu.h */
	uint64_t events;  /* out: raised for it */
};
