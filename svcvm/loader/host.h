/* SPDX-License-Identifier: MIT */
/*
 * What the hypervisor says of the machine.
 */
#pragma once

/*
 * What the kernel has to be told before its command line; "" if there is
 * nothing. Without an IOMMU a device finds other memory than the service VM
 * where that has mapped a guest's page: Linux then has to copy what devices
 * read and write, see docs/options.md.
 */
const char *host_words(void);

/* How many vCPUs the service VM has. */
unsigned int host_vcpus(void);
