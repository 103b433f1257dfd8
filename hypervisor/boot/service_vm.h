/* SPDX-License-Identifier: MIT */
#pragma once

#include "boot/region.h"

/* Builds the service VM around the boot modules and makes its first vCPU
 * runnable. `arguments` follows "--" on our command line; may be NULL. Boot
 * stops with a message when it cannot be built. */
void service_vm_start(const struct boot_info *b, const struct boot_region *r,
		      const char *arguments);
