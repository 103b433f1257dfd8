/* SPDX-License-Identifier: MIT */
/* What a tool in the service VM does with other domains. */
#pragma once

#include "lib/abi.h"

#include <xen/domctl.h>

/* The argument of tools_domctl(): zeroed by tools_wish() only. */
extern struct xen_domctl tools_control;

int tools_domctl(uint32_t cmd, domid_t domain);

/* Makes the argument what XEN_DOMCTL_createdomain needs for a PVH domain. */
void tools_wish(unsigned vcpus);
/* Such a domain, paused: its number, or an error. */
int tools_create(unsigned vcpus);
/* XEN_DOMINF_*; 0 when it is not there. */
uint32_t tools_flags(domid_t domain);
bool tools_wait_gone(domid_t domain);

/* Extents of RAM at `gfn` and behind it: how many were done. */
long tools_populate(domid_t domain, uint64_t gfn, unsigned count,
		    unsigned order);
/* In the pool; freed frames come there after a while. */
uint64_t tools_free_pages(void);
bool tools_wait_pages(uint64_t want);

/* A page of the domain, or the first of its grant table, appears at `to`. */
int tools_map(domid_t domain, uint64_t from, uint64_t to);
int tools_map_grants(domid_t domain, uint64_t to);
int tools_unmap(uint64_t gfn);
