/* SPDX-License-Identifier: MIT */
#pragma once

/* The hypervisor's own command line; boot sets it, "" before. */
extern const char *xen_version_commandline;
